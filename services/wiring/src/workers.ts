import type { Log, StageName } from '@geosluice/jobs';
import {
  decideBacklog,
  openPipeline,
  type Pipeline,
  runStage,
  type StageRunner,
  type StageRunnerOptions,
} from '@geosluice/pipeline';
import { type Metrics, type Running, startHealthServer } from '@geosluice/service-kit';
import type { GatewayConfig, WorkerConfig } from './config.ts';
import { redisConfigOf } from './redis.ts';

/** A worker that has not asked for jobs for so long is restarted: a silent death after a failover looks like this. */
const POLLED_WITHIN_MS = 120_000;
/** How long a process waits for a Redis that starts beside it, or loads what it kept. */
const PATIENCE_MS = 240_000;

export interface OpenOptions {
  commandTimeoutMs?: number;
  /** Wait for a Redis that does not answer yet; what it refuses is told at once. */
  patient?: boolean | undefined;
}

/** @throws PipelineError where Redis does not answer, or may evict */
export async function openPipelineOf(
  config: Pick<GatewayConfig, 'redis'>,
  log: Log,
  { patient = false, ...options }: OpenOptions = {},
): Promise<Pipeline> {
  const redisUrl = redisConfigOf(config.redis);
  const until = performance.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await openPipeline({ redisUrl, prefix: config.redis.prefix, log, ...options });
    } catch (error) {
      if (!patient || (error as { code?: unknown }).code !== 'REDIS_AWAY' || performance.now() > until) throw error;
      log.warn({ error: (error as Error).message }, 'Redis:Open:Wait');
    }
  }
}

/** Starts the runner of one stage with the deployment's settings and the project's metrics. */
export function startRunner<S extends StageName>(
  config: Pick<WorkerConfig, 'worker'>,
  kit: { pipeline: Pipeline; log: Log; metrics: Metrics },
  stage: Pick<StageRunnerOptions<S>, 'stage' | 'run' | 'concurrency' | 'globalConcurrency'>,
): Promise<StageRunner> {
  const { worker } = config;
  const { metrics } = kit;
  return runStage<S>({
    ...stage,
    pipeline: kit.pipeline,
    attempts: worker.attempts,
    backoff: { baseMs: worker.backoffMs, maxMs: worker.backoffMaxMs },
    hold: { baseMs: worker.holdMs, maxMs: worker.holdMaxMs },
    lockDurationMs: worker.lockSeconds * 1000,
    maxCrashes: worker.maxCrashes,
    maxBacklog: worker.maxBacklog,
    log: kit.log,
    metrics: {
      ran({ stage, kind, outcome, ms }) {
        metrics.runs.inc({ stage, outcome });
        metrics.runSeconds.observe({ stage, kind }, ms / 1000);
      },
      retried: ({ stage, code }) => metrics.retries.inc({ stage, code }),
      dead: ({ stage, code }) => metrics.dead.inc({ stage, code }),
      held: ({ stage, counterpart }) => metrics.holds.inc({ stage, counterpart }),
      stalled: ({ stage }) => metrics.stalled.inc({ stage }),
    },
  });
}

/** The queues and the ledger as gauges, read when somebody asks. */
export async function collectMetrics(
  pipeline: Pipeline,
  metrics: Metrics,
  runners: readonly StageRunner[],
): Promise<string> {
  for (const runner of runners) metrics.lastPolled.set({ stage: runner.stage }, runner.lastPolledMs() / 1000);
  try {
    const [queues, datasets, files] = await Promise.all([
      ...([pipeline.queues.counts(), pipeline.ledger.counts(), pipeline.files()] as const),
    ]);
    for (const [stage, counts] of Object.entries(queues)) {
      const { waiting, prioritized, delayed, active, failed } = counts;
      for (const [state, count] of Object.entries({ waiting, prioritized, delayed, active, failed })) {
        metrics.queueJobs.set({ stage, state }, count);
      }
      metrics.queueBacklog.set({ stage }, decideBacklog(counts));
      metrics.queueHeld.set({ stage }, counts.heldForMs / 1000);
      metrics.queuePaused.set({ stage }, counts.paused ? 1 : 0);
    }
    for (const [state, count] of Object.entries(datasets)) metrics.datasets.set({ state }, count);
    metrics.ruleFiles.reset();
    for (const { rule, files: watched, gone } of files) {
      metrics.ruleFiles.set({ rule, state: 'watched' }, watched);
      metrics.ruleFiles.set({ rule, state: 'gone' }, gone);
    }
  } catch {
    // without Redis the process still tells its own numbers
  }
  return await metrics.registry.metrics();
}

/** What ends with a worker process, in the order it was opened. */
export interface WorkerParts {
  pipeline: Pipeline;
  runner: StageRunner;
  /** Everything else, closed last to first after the runner. */
  closers: Array<() => Promise<void> | void>;
}

/** Adds the health server and the orderly end that all workers share. */
export async function asWorkerProcess(
  config: Pick<WorkerConfig, 'process'>,
  kit: { metrics: Metrics; health: boolean },
  parts: WorkerParts,
  /** Milliseconds after which a worker that did not ask for jobs is no longer alive. */
  polledWithinMs = POLLED_WITHIN_MS,
): Promise<Running> {
  const { pipeline, runner, closers } = parts;
  const health = !kit.health
    ? null
    : await startHealthServer({
        host: config.process.healthHost,
        port: config.process.healthPort,
        // while Redis is away no restart helps, and would only cost what is under way
        alive: async () => runner.lastPolledMs() < polledWithinMs || !(await pipeline.ping()),
        ready: () => pipeline.ping(),
        metrics: () => collectMetrics(pipeline, kit.metrics, [runner]),
      });
  return {
    async close(graceMs) {
      health?.drain();
      await runner.close({ graceMs });
      await health?.close();
      for (const close of closers.toReversed()) await close();
      await pipeline.close();
    },
  };
}
