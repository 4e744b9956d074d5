import type { ReasonCode } from './reasons.ts';

/** What an error asks of the runner: try again, put the dataset on the dead-letter list, or end quietly. */
export type Meaning = 'retry' | 'reject' | 'supersede';

export type Counterpart = 'redis' | 's3' | 'source' | 'geoserver' | 'geonode' | 'kubernetes';

export interface GeosluiceErrorDetails {
  /** What the error is about: a uri, a layer, a field. Never a secret. */
  subject?: string | undefined;
  cause?: unknown;
  /** The system that did not answer as it should. */
  counterpart?: Counterpart | undefined;
  /** True where the counterpart is away as a whole: the runner holds the queue instead of burning attempts. */
  down?: boolean | undefined;
  /** Shortest sensible wait in milliseconds, e.g. from a Retry-After header. */
  retryAfterMs?: number | undefined;
}

/** Base of every error class of the project: a stable code, its subject, and what it means for the job that met it. */
export abstract class GeosluiceError extends Error {
  abstract readonly means: Meaning;
  readonly code: string;
  readonly subject: string | undefined;
  readonly counterpart: Counterpart | undefined;
  readonly down: boolean;
  readonly retryAfterMs: number | undefined;

  constructor(code: string, message: string, details: GeosluiceErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = new.target.name;
    this.code = code;
    this.subject = details.subject;
    this.counterpart = details.counterpart;
    this.down = details.down ?? false;
    this.retryAfterMs = details.retryAfterMs;
  }
}

/** The counterpart is away or overloaded: back off and come again. */
export class Retry extends GeosluiceError {
  readonly means = 'retry';
}

/** This file cannot work as it is: a dead letter with a reason code and a sentence a person can act on. */
export class Reject extends GeosluiceError {
  readonly means = 'reject';
  declare readonly code: ReasonCode;
  constructor(code: ReasonCode, message: string, details: GeosluiceErrorDetails = {}) {
    super(code, message, details);
  }
}

/** A higher generation of the dataset is on its way: end quietly. */
export class Supersede extends GeosluiceError {
  readonly means = 'supersede';
  constructor(message: string, details: GeosluiceErrorDetails = {}) {
    super('SUPERSEDED', message, details);
  }
}

/** What any thrown value means; what is not one of ours is a bug and counts as retry. */
export function meaningOf(error: unknown): Meaning {
  return error instanceof GeosluiceError ? error.means : 'retry';
}
