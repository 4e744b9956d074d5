import { type Counterpart, GeosluiceError, type GeosluiceErrorDetails, type Meaning } from '@geosluice/jobs';

/** What each code asks of the runner. Codes that reject are reason codes of docs/reason-codes.md. */
const MEANS = {
  SOURCE_GONE: 'reject',
  SOURCE_FORBIDDEN: 'reject',
  SOURCE_NOT_ALLOWED: 'reject',
  SOURCE_ARCHIVED: 'reject',
  SOURCE_TOO_LARGE: 'reject',
  SOURCE_UNREADABLE: 'reject',
  INVALID_OPTIONS: 'reject',
  /** The file is no longer the one that was asked for: its next look takes a new generation. */
  SOURCE_CHANGED: 'supersede',
  SOURCE_AWAY: 'retry',
  SOURCE_BUSY: 'retry',
  SOURCE_TIMEOUT: 'retry',
  /** The body ended early, or went on too long. */
  SOURCE_CUT_SHORT: 'retry',
  /** The server answers a range with the whole file: spool it. */
  SOURCE_NOT_RANGED: 'retry',
  /** A fault of the deployment, not of the file: keys that are unknown, wrong or expired. */
  SOURCE_CREDENTIALS: 'retry',
  SOURCE_CLOCK_SKEW: 'retry',
} as const satisfies Record<string, Meaning>;

export type SourceErrorCode = keyof typeof MEANS;

export interface SourceErrorDetails extends Omit<GeosluiceErrorDetails, 'counterpart'> {
  counterpart?: Extract<Counterpart, 's3' | 'source'>;
}

/** The error class of this package: what it means follows from its code. Subjects carry no query string. */
export class SourceError extends GeosluiceError {
  readonly means: Meaning;
  declare readonly code: SourceErrorCode;

  constructor(code: SourceErrorCode, message: string, details: SourceErrorDetails = {}) {
    super(code, message, { counterpart: 'source', ...details });
    this.means = MEANS[code];
  }
}
