import { type Job, jobIdOf } from '@geosluice/jobs';
import type { Keys } from './keys.ts';
import type { Found, InternalLedger } from './ledger/ledger.ts';
import type { InternalQueues } from './queues.ts';
import type { Client } from './redis.ts';

const CHUNK = 1_000;

interface Parts {
  redis: Client;
  keys: Keys;
  ledger: InternalLedger;
  queues: InternalQueues;
}

/**
 * The one door into the queues: what is to be inspected is entered in the ledger first, so that a crash in between
 * leaves an entry that the sweep finds, and the ingestion knows which of its discover jobs are still open.
 */
export async function admit(
  { redis, keys, ledger, queues }: Parts,
  jobs: readonly Job[],
  options: { move?: boolean; delayMs?: number } = {},
): Promise<void> {
  const found: Found[] = [];
  const open = new Map<string, string[]>();
  for (const job of jobs) {
    if (job.stage !== 'discover') continue;
    const id = jobIdOf(job);
    const ids = open.get(job.ingestion);
    if (ids === undefined) open.set(job.ingestion, [id]);
    else ids.push(id);
    if (job.kind === 'inspect') {
      const { dataset, location, ingestion } = job;
      found.push({ dataset, location, ingestion, options: job.options, job: id });
    }
  }
  if (found.length > 0) await ledger.enterJobs(found, { move: options.move ?? false });
  for (const [ingestion, ids] of open) {
    for (let from = 0; from < ids.length; from += CHUNK) {
      await redis.sadd(keys.open(ingestion), ...ids.slice(from, from + CHUNK));
    }
  }
  await queues.add(jobs, options.delayMs);
}
