import type { Metric } from '@geosluice/external-metrics';
import { type Log, STAGES } from '@geosluice/jobs';
import { decideBacklog, type Pipeline } from '@geosluice/pipeline';

/** Opens something when it is asked for, and again where that failed. */
export interface Lazy<T> {
  get(): Promise<T>;
  /** What is open now, if anything. */
  now(): T | null;
}

/**
 * Redis may be away when we start: then there is no value, on which autoscalers do nothing, instead of an API that is
 * gone, which would disturb the whole cluster.
 */
export function lazily<T>(open: () => Promise<T>, log: Log): Lazy<T> {
  let opening: Promise<T> | null = null;
  let opened: T | null = null;
  return {
    now: () => opened,
    get() {
      opening ??= open().then(
        (value) => {
          opened = value;
          return value;
        },
        (error: Error) => {
          opening = null;
          log.warn({ error: error.message }, 'Redis:Open:Failed');
          throw error;
        },
      );
      return opening;
    },
  };
}

/** How many jobs call for workers, of each stage. */
export function backlogMetric(pipeline: Pick<Lazy<Pick<Pipeline, 'queues'>>, 'get'>, deployment: string): Metric {
  return {
    name: 'geosluice_backlog',
    async read() {
      const counts = await (await pipeline.get()).queues.counts();
      return STAGES.map((stage) => ({ labels: { stage, deployment }, value: decideBacklog(counts[stage]) }));
    },
  };
}
