import type { Route } from '../context.ts';
import { followEvents } from './follow-events.ts';
import { getDataset } from './get-dataset.ts';
import { getHealth } from './get-health.ts';
import { getIngestion } from './get-ingestion.ts';
import { getMetrics } from './get-metrics.ts';
import { getOpenapi } from './get-openapi.ts';
import { getReadiness } from './get-readiness.ts';
import { getStatus } from './get-status.ts';
import { getStatusPage } from './get-status-page.ts';
import { listDatasets } from './list-datasets.ts';
import { listDeadLetters } from './list-dead-letters.ts';
import { listIngestions } from './list-ingestions.ts';
import { listWatches } from './list-watches.ts';
import { putWatch } from './put-watch.ts';
import { receiveS3Events } from './receive-s3-events.ts';
import { removeDataset } from './remove-dataset.ts';
import { removeWatch } from './remove-watch.ts';
import { replayDeadLetters } from './replay-dead-letters.ts';
import { retryDataset } from './retry-dataset.ts';
import { startIngestion } from './start-ingestion.ts';

/** Every route, in the order the docs page shows them. */
export const ROUTES: readonly Route[] = [
  ...[startIngestion, getIngestion, listIngestions],
  ...[listDatasets, getDataset, retryDataset, removeDataset],
  ...[listDeadLetters, replayDeadLetters],
  ...[listWatches, putWatch, removeWatch, receiveS3Events],
  ...[followEvents, getStatus],
  ...[getHealth, getReadiness, getMetrics, getOpenapi, getStatusPage],
];
