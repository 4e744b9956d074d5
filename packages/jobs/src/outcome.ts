import type { Job, StageJobs, StageName } from './jobs.ts';
import type { LedgerPatch } from './ledger.ts';
import type { Log } from './log.ts';

/** What a stage asks of the runner when it did its work. `record` goes into the ledger with the outcome. */
export type Outcome =
  /** These jobs come next; they are added before this one completes. */
  | { kind: 'next'; jobs: Job[]; record?: LedgerPatch; note?: string }
  /**
   * Not yet: run this job again after so many milliseconds, with `job` in its place where given. Failures are counted
   * afresh. `jobs` of the same stage are added before it sleeps.
   */
  | { kind: 'again'; afterMs: number; job?: Job; jobs?: Job[]; record?: LedgerPatch; note?: string }
  /** The road ends here; `note` says how, e.g. `unchanged`. `wake`: a job of the same stage that need not sleep any longer. */
  | { kind: 'done'; wake?: string; record?: LedgerPatch; note?: string };

/** What the runner lends a stage for one run. */
export interface StageContext {
  /** Aborts at shutdown, when the lock is lost, and when the job is cancelled. */
  signal: AbortSignal;
  log: Log;
  jobId: string;
  /** 1 for the first run. */
  attempt: number;
  /** No earlier run of this job began: not one that was killed, handed back or timed out either. */
  first: boolean;
  now(): Date;
  /** Tells the runner the generation an inspect job took, so that what follows is written under it. */
  adopt(generation: number): void;
  /** @throws Supersede where the ledger knows a higher generation; call before a write outside. */
  fence(): Promise<void>;
  /** Bytes (or other units) done of a total, for live progress; cheap to call often. */
  progress(done: number, total: number): void;
}

/** A stage knows nothing of queues. */
export type Stage<S extends StageName> = (job: StageJobs[S], context: StageContext) => Promise<Outcome>;
