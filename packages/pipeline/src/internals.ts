import type { Job, Log } from '@geosluice/jobs';
import type { Pipeline } from './api.ts';
import type { Keys } from './keys.ts';
import type { InternalLedger } from './ledger/ledger.ts';
import type { InternalQueues } from './queues.ts';
import type { Client, Purpose } from './redis.ts';
import type { Restart } from './restart.ts';

/** What the parts of one open pipeline share. */
export interface Internals {
  redis: Client;
  keys: Keys;
  ledger: InternalLedger;
  queues: InternalQueues;
  log: Log;
  restart: Restart;
  /** Adds jobs, having entered what they inspect in the ledger. `move`: into the ingestion that names them. */
  admit(jobs: readonly Job[], options?: { move?: boolean; delayMs?: number }): Promise<void>;
  /** A discover job has ended for good. */
  ended(job: Job, jobId: string): Promise<void>;
  connect(purpose: Purpose): Client;
  now(): Date;
}

const INTERNALS = new WeakMap<Pipeline, Internals>();

export function keepInternals(pipeline: Pipeline, internals: Internals): void {
  INTERNALS.set(pipeline, internals);
}

/** What lies behind a pipeline that openPipeline gave. */
export function internalsOf(pipeline: Pipeline): Internals {
  const internals = INTERNALS.get(pipeline);
  if (internals === undefined) throw new TypeError('this pipeline was not opened by openPipeline');
  return internals;
}
