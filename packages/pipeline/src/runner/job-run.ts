import {
  datasetOf,
  generationOf,
  type Job,
  type Log,
  type Outcome,
  type Stage,
  type StageContext,
  type StageJobs,
  type StageName,
  Supersede,
} from '@geosluice/jobs';
import { type InternalLedger, PROGRESS_EVERY_MS } from '../ledger/ledger.ts';

/** Why a run is to stop before its end. Not an error of the job. */
export class Interrupted extends Error {
  readonly why: 'shutdown' | 'lock-lost';
  constructor(why: 'shutdown' | 'lock-lost') {
    super(why === 'shutdown' ? 'the worker shuts down' : 'the lock of this job is lost; another worker may have it');
    this.name = 'Interrupted';
    this.why = why;
  }
}

/** Live progress is told at most so often a run; a little less often than the ledger takes it, so that none is told in vain. */
const PROGRESS_MS = PROGRESS_EVERY_MS + 20;

/** One run of one job: its signal, its generation, and the way to hand it back before its stage is done. */
export class JobRun<S extends StageName> {
  readonly job: StageJobs[S];
  readonly jobId: string;
  readonly token: string;
  attempt: number;
  /** No earlier run of this job began. */
  first = false;
  readonly startedAt = performance.now();
  /** Under which generation is recorded what this run does. */
  generation: number;
  adopted = false;
  /** When the lock was last known to be held; from performance.now(). */
  lockSeen = performance.now();

  readonly #controller = new AbortController();
  readonly #ledger: InternalLedger;
  readonly #handedBack = Promise.withResolvers<'handed-back'>();
  #toldAt: number;

  constructor(parts: {
    job: StageJobs[S];
    jobId: string;
    token: string;
    attempt: number;
    generation: number;
    ledger: InternalLedger;
  }) {
    this.job = parts.job;
    this.jobId = parts.jobId;
    this.token = parts.token;
    this.attempt = parts.attempt;
    this.generation = parts.generation;
    this.#ledger = parts.ledger;
    // a small file is over before there is much to tell; a huge one is never, only its parts are
    this.#toldAt = (parts.job as Job).kind === 'part' ? Number.NEGATIVE_INFINITY : this.startedAt;
  }

  get dataset(): string | undefined {
    return datasetOf(this.job as Job);
  }

  get interrupted(): Interrupted['why'] | null {
    const { aborted, reason } = this.#controller.signal;
    return aborted && reason instanceof Interrupted ? reason.why : null;
  }

  interrupt(why: Interrupted['why']): void {
    this.#controller.abort(new Interrupted(why));
  }

  /** Ends the wait for the stage now; whatever it still does is ignored. */
  abandon(): void {
    this.#handedBack.resolve('handed-back');
  }

  /** Calls the stage; gives its outcome, or `handed-back` where the run was abandoned meanwhile. */
  async call(stage: Stage<S>, log: Log): Promise<Outcome | 'handed-back'> {
    const running = Promise.resolve().then(() => stage(this.job, this.#context(log)));
    running.catch(() => {});
    return await Promise.race([running, this.#handedBack.promise]);
  }

  #context(log: Log): StageContext {
    return {
      signal: this.#controller.signal,
      log,
      jobId: this.jobId,
      attempt: this.attempt,
      first: this.first,
      now: () => new Date(),
      adopt: (generation) => {
        this.generation = generation;
        this.adopted = true;
      },
      fence: () => this.#fence(),
      progress: (done, total) => this.#tell(done, total, log),
    };
  }

  async #fence(): Promise<void> {
    this.#controller.signal.throwIfAborted();
    if (this.dataset === undefined) return;
    if (generationOf(this.job as Job) === undefined && !this.adopted) return;
    const view = await this.#ledger.view(this.dataset);
    this.#controller.signal.throwIfAborted();
    if (view !== null && view.generation > this.generation) {
      throw new Supersede(`generation ${view.generation} of ${this.dataset} follows this one (${this.generation})`);
    }
  }

  #tell(done: number, total: number, log: Log): void {
    const now = performance.now();
    if (this.dataset === undefined || (done < total && now - this.#toldAt < PROGRESS_MS)) return;
    this.#toldAt = now;
    this.#ledger.progress(this.dataset, this.job.stage, done, total).catch((error: unknown) => {
      log.debug({ error: String(error) }, 'Progress:Tell:Failed');
    });
  }
}
