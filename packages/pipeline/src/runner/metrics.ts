import type { StageName } from '@geosluice/jobs';

export type RunOutcome = 'next' | 'done' | 'again' | 'retry' | 'dead' | 'superseded' | 'held' | 'handed-back' | 'lost';

/** Plain callbacks; a service wires them to its own metrics. All are called often and must be cheap. */
export interface RunnerMetrics {
  /** One run of a stage ended; `ms` is how long the stage itself ran. */
  ran(run: { stage: StageName; kind: string; outcome: RunOutcome; ms: number }): void;
  /** An attempt failed and another follows after `delayMs`. */
  retried(retry: { stage: StageName; code: string; attempt: number; delayMs: number }): void;
  dead(letter: { stage: StageName; code: string }): void;
  /** The whole queue rests for `ms`. */
  held(hold: { stage: StageName; counterpart: string; code: string; ms: number }): void;
  /** Jobs whose worker died or lost its lock; BullMQ gave them back to the queue. */
  stalled(job: { stage: StageName }): void;
}
