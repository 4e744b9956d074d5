/** Who works a queue off: our runner, or a worker of BullMQ with nothing around it. */
export const WAYS = ['bullmq', 'runner'] as const;
export type Way = (typeof WAYS)[number];

/** What a process of the room `runner` is told. */
export interface DrainOrder {
  by: Way;
  redisUrl: string;
  /** Of the pipeline whose queue is full. */
  prefix: string;
  jobs: number;
  concurrency: number;
}

/** What it took. */
export interface Drained {
  /** From the worker's start until nothing waits or runs. */
  seconds: number;
  /** CPU seconds of the process. */
  cpu: number;
  /** Jobs it was given; more than there are where one ran twice. */
  count: number;
}
