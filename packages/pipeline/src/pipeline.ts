import { type Job, jobIdOf, type Log, SILENT } from '@geosluice/jobs';
import { admit } from './admit.ts';
import type { Pipeline } from './api.ts';
import { checkRedis } from './check-redis.ts';
import { createDeadLetters } from './dead-letters.ts';
import { asPipelineError, PipelineError } from './error.ts';
import { createEvents } from './events.ts';
import { createFileLooks } from './file-looks.ts';
import { createGate } from './gate/gate.ts';
import { createIngestions } from './ingestions.ts';
import { type Internals, keepInternals } from './internals.ts';
import { keysOf } from './keys.ts';
import { createLedger } from './ledger/ledger.ts';
import { BY_RULE } from './ledger/scripts.ts';
import { createQueues } from './queues.ts';
import { createRecovery } from './recovery.ts';
import { type Client, connect, type RedisConfig } from './redis.ts';
import { decideRemoval, forcedInspect, type Restart, removeJobOf } from './restart.ts';
import { createSweep } from './sweep.ts';
import { createWatches } from './watches.ts';

export interface PipelineConfig {
  /** `redis://…`, options of ioredis (Sentinel among them), or the nodes of a cluster. */
  redisUrl: RedisConfig;
  /** Of every key, as the hash tag `{prefix}`; `geosluice` where absent. */
  prefix?: string;
  log?: Log;
  /** Events the stream keeps, about; 50,000 where absent. */
  keepEvents?: number;
  /** A command without an answer is an error after this; 10,000 where absent. */
  commandTimeoutMs?: number;
  now?(): Date;
}

/**
 * Opens the pipeline on a Redis.
 * @throws PipelineError REDIS_MAY_EVICT where it may lose jobs by eviction, REDIS_AWAY where it does not answer
 */
export async function openPipeline(config: PipelineConfig): Promise<Pipeline> {
  const { redisUrl, prefix = 'geosluice', log = SILENT, keepEvents = 50_000, now = () => new Date() } = config;
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(prefix)) throw new TypeError('a prefix has 1-64 characters of A-Z a-z 0-9 _ -');
  const onError = throttled((error) => log.warn({ error: error.message }, 'Redis:Connection:Error'));
  const open = (purpose: Parameters<typeof connect>[1]): Client =>
    connect(redisUrl, purpose, onError, config.commandTimeoutMs);
  const redis = open('commands');
  try {
    await checkRedis(redis, log, config.commandTimeoutMs);
  } catch (error) {
    redis.disconnect();
    throw error;
  }
  const keys = keysOf(prefix);
  const queues = createQueues(redis, keys, onError);
  const ledger = createLedger({ redis, keys, keepEvents, now, dropFailed: queues.dropFailed });
  const internals: Internals = {
    ...{ redis, keys, ledger, queues, log, now, connect: open },
    restart: {} as Restart,
    admit: (jobs, options) => admit({ redis, keys, ledger, queues }, jobs, options),
    async ended(job: Job, jobId: string) {
      if (job.stage === 'discover') await redis.srem(keys.open(job.ingestion), jobId);
    },
  };
  const watches = createWatches(internals);
  internals.restart = createRestart(internals, watches.optionsNow);

  const pipeline: Pipeline = {
    ...{ ledger, watches: watches.api },
    queues: { add: (jobs) => internals.admit(jobs), counts: () => queues.counts() },
    ingestions: createIngestions(internals),
    deadLetters: createDeadLetters(internals),
    events: createEvents(internals),
    gate: (name, options) => createGate({ redis, waiter: open('worker'), keys: keys.gate(name), log }, options),
    recovery: createRecovery(internals),
    look: (dataset) => internals.restart.look(dataset),
    async retry(dataset, priority = 'interactive') {
      const id = await internals.restart.inspect(dataset, { reason: 'replay', priority });
      if (id === null) throw unknownDataset(dataset);
    },
    async remove(dataset, mode, by) {
      if ((await internals.restart.remove(dataset, mode, by)) === 0) throw unknownDataset(dataset);
    },
    lookAfterFiles: createFileLooks(internals),
    files: () => ledger.rules(),
    sweep: createSweep(internals, watches.heal),
    async ping() {
      return await redis.ping().then(
        () => true,
        () => false,
      );
    },
    async close() {
      await queues.close().catch(() => {});
      redis.disconnect();
    },
  };
  keepInternals(pipeline, internals);
  return pipeline;
}

type OptionsNow = ReturnType<typeof createWatches>['optionsNow'];

function createRestart(internals: Internals, optionsNow: OptionsNow): Restart {
  const { ledger } = internals;
  return {
    async inspect(dataset, { reason, priority, delayMs, nonce }) {
      const entry = await ledger.get(dataset);
      if (entry === null) return null;
      const options = (await optionsNow(entry.ingestion)) ?? entry.options;
      const job = forcedInspect(entry, { ...options, ...(priority === undefined ? {} : { priority }) }, reason, nonce);
      const id = `${dataset}.${job.nonce}`;
      await ledger.revive(dataset, { state: 'found', stage: 'discover', id, by: '', note: reason });
      await internals.admit([job], delayMs === undefined ? {} : { delayMs });
      return id;
    },
    async look(dataset) {
      const entry = await ledger.get(dataset);
      if (entry === null) return;
      const options = (await optionsNow(entry.ingestion)) ?? entry.options;
      const job = forcedInspect(entry, { ...options, priority: 'reconcile' }, 'sweep');
      await internals.admit([{ ...job, force: false }]);
    },
    async remove(dataset, mode, by = 'request') {
      const takenBy = by === 'rule' ? BY_RULE : 'remove';
      const { generation, removing } = await ledger.beginRemoval(dataset, mode, takenBy);
      if (generation <= 0) return generation;
      const entry = await ledger.get(dataset);
      const { priority, delayMs } = decideRemoval(by, removing);
      const job = entry === null ? null : removeJobOf(entry, mode, priority);
      if (job === null) {
        await ledger.apply(dataset, generation, { state: 'removed' }, { note: 'never-published' });
      } else {
        await ledger.apply(
          dataset,
          generation,
          { job: { stage: job.stage, id: jobIdOf(job) } },
          { note: by === 'rule' ? 'by-its-rule' : 'asked' },
        );
        await internals.admit([job], delayMs === 0 ? {} : { delayMs });
      }
      return generation;
    },
  };
}

function unknownDataset(dataset: string): PipelineError {
  return new PipelineError('DATASET_UNKNOWN', `no dataset has the id ${dataset}`, { subject: dataset });
}

/** A lost connection says so once in a while, not at every attempt. */
function throttled(tell: (error: Error) => void): (error: Error) => void {
  let last = Number.NEGATIVE_INFINITY;
  return (error) => {
    const now = performance.now();
    if (now - last < 5_000) return;
    last = now;
    tell(asPipelineError(error));
  };
}
