import { setTimeout as wait } from 'node:timers/promises';
import type { PublishJob } from '@geosluice/jobs';
import type { Pipeline } from '@geosluice/pipeline';
import { createIngestion } from '../../../../packages/pipeline/src/ingestions.ts';
import { type Internals, internalsOf } from '../../../../packages/pipeline/src/internals.ts';
import { nextLook } from '../../../../packages/stages/src/discover/files.ts';
import { type Places, type Road, roadOf } from './dataset.ts';
import { DELETIONS, RULE } from './rule.ts';
import { walk } from './walk.ts';

const BATCH = 500;
/** Of so many files one is gone, within its rule's cap. */
const GONE_OF = 100;
const HOUR_MS = 3_600_000;

/** Datasets by number, each once in a deployment. */
export interface Range {
  from: number;
  count: number;
}

/**
 * Brings so many datasets into a ledger as if they had come, been published and been listed again since: entries with their
 * history and indexes, claimed names, and the state of the rule that looks after their files. The bytes are nowhere.
 */
export async function fill(
  pipeline: Pipeline,
  places: Places,
  range: Range,
  ingestion: string,
  signal: AbortSignal,
): Promise<void> {
  const internals = internalsOf(pipeline);
  await open(internals, ingestion, places);
  for (const numbers of batches(range)) {
    const roads = await roadsOf(numbers, ingestion, places, signal);
    await walk(internals, roads, 'visible');
    const datasets = roads.map(({ inspect }) => inspect.dataset);
    const now = internals.now();
    await internals.ledger.sighted(RULE, datasets, nextLook(DELETIONS, now));
    const look = { graceMs: DELETIONS.graceHours * HOUR_MS, again: new Date(now.getTime() + 24 * HOUR_MS) };
    const gone = datasets.filter((_, at) => (numbers[at] ?? 0) % GONE_OF === 0);
    await Promise.all(gone.map((dataset) => internals.ledger.missed(RULE, dataset, look)));
  }
}

/** Brings datasets as far as their publish jobs. @returns these, yet to be added to their queue */
export async function prepare(
  pipeline: Pipeline,
  places: Places,
  range: Range,
  ingestion: string,
  signal: AbortSignal,
): Promise<PublishJob[]> {
  const internals = internalsOf(pipeline);
  await open(internals, ingestion, places);
  const jobs: PublishJob[] = [];
  for (const numbers of batches(range)) {
    const roads = await roadsOf(numbers, ingestion, places, signal);
    await walk(internals, roads, 'publishing');
    jobs.push(...roads.map(({ publish }) => publish));
  }
  return jobs;
}

async function open(internals: Internals, id: string, { inbox, folder }: Places): Promise<void> {
  const sources = [{ kind: 's3', bucket: inbox, key: folder } as const];
  await createIngestion(internals, { id, sources, options: { priority: 'bulk' } });
}

async function roadsOf(
  numbers: readonly number[],
  ingestion: string,
  places: Places,
  signal: AbortSignal,
): Promise<Road[]> {
  // also lets go of the thread, so that an end that is asked for is heard
  await wait(0, undefined, { signal });
  return await Promise.all(numbers.map((number) => roadOf(number, ingestion, places)));
}

function* batches({ from, count }: Range): Generator<number[]> {
  for (let at = 0; at < count; at += BATCH) {
    yield Array.from({ length: Math.min(BATCH, count - at) }, (_, index) => from + at + index);
  }
}
