export type * from './api.ts';
export { decideRedis, type RedisVerdict } from './check-redis.ts';
export { type PipelineCode, PipelineError } from './error.ts';
export { openPipeline, type PipelineConfig } from './pipeline.ts';
export type { RedisConfig } from './redis.ts';
export type { Backoff } from './runner/backoff.ts';
export type { HoldOptions } from './runner/hold.ts';
export type { RunnerMetrics, RunOutcome } from './runner/metrics.ts';
export { runStage, type StageRunner, type StageRunnerOptions } from './runner/run-stage.ts';
