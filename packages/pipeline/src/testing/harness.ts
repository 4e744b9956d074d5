import { after, before, test } from 'node:test';
import type { Stage, StageName } from '@geosluice/jobs';
import { startRedis } from '../../../../test/counterparts/redis.ts';
import type { LedgerEvent, Pipeline } from '../api.ts';
import { type Internals, internalsOf } from '../internals.ts';
import { openPipeline } from '../pipeline.ts';
import { runStage, type StageRunner, type StageRunnerOptions } from '../runner/run-stage.ts';

/** A pipeline of its own on a Redis that all tests of a file share. */
export interface Harness {
  pipeline: Pipeline;
  internals: Internals;
  url: string;
  prefix: string;
  worker<S extends StageName>(stage: S, run: Stage<S>, options?: Partial<StageRunnerOptions<S>>): Promise<StageRunner>;
  /** Resolves with the first event, from the beginning on, that fits. */
  event(fits: (event: LedgerEvent) => boolean, withinMs?: number): Promise<LedgerEvent>;
  close(): Promise<void>;
}

export interface SharedRedis {
  url: string;
  harness(): Promise<Harness>;
  stop(): Promise<void>;
}

let count = 0;

export async function shareRedis(): Promise<SharedRedis> {
  const server = await startRedis();
  return { url: server.url, harness: () => open(server.url), stop: () => server.stop() };
}

/** For a suite: one Redis for all of its tests, and a harness of its own for each. */
export function harnessTests(): {
  withHarness(name: string, body: (harness: Harness) => Promise<void>): void;
  redis(): SharedRedis;
} {
  let redis: SharedRedis;
  before(async () => {
    redis = await shareRedis();
  });
  after(() => redis.stop());
  return {
    redis: () => redis,
    withHarness(name, body) {
      test(name, async () => {
        const harness = await redis.harness();
        try {
          await body(harness);
        } finally {
          await harness.close();
        }
      });
    },
  };
}

async function open(url: string): Promise<Harness> {
  count += 1;
  const prefix = `t${process.pid}-${count}`;
  const pipeline = await openPipeline({ redisUrl: url, prefix });
  const runners: StageRunner[] = [];
  return {
    ...{ pipeline, url, prefix, internals: internalsOf(pipeline) },
    async worker(stage, run, options = {}) {
      const defaults = { concurrency: 1, lockDurationMs: 2_000, backoff: { baseMs: 1, maxMs: 5 }, attempts: 3 };
      const runner = await runStage({ pipeline, stage, run, ...defaults, ...options });
      runners.push(runner);
      return runner;
    },
    async event(fits, withinMs = 20_000) {
      const signal = AbortSignal.timeout(withinMs);
      for await (const event of pipeline.events.follow({ after: '0', signal })) if (fits(event)) return event;
      throw new Error('no such event in time');
    },
    async close() {
      await Promise.all(runners.map((runner) => runner.close({ graceMs: 100 })));
      await pipeline.close();
    },
  };
}

/** A promise and the two ways to settle it: how tests wait for, and hold back, what a stage does. */
export function latch<T = void>(): { promise: Promise<T>; open: (value: T) => void; fail: (error: unknown) => void } {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  promise.catch(() => {});
  return { promise, open: resolve, fail: reject };
}
