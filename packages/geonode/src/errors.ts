import { GeosluiceError, type GeosluiceErrorDetails, type Meaning, type ReasonCode } from '@geosluice/jobs';

/**
 * Codes that mean retry; codes that mean reject are ReasonCodes; SUPERSEDED ends quietly.
 * DOWN no connection, 503, or the command does not run · TIMEOUT no answer in time, 504 (the work may still be done) ·
 * DROPPED the connection or the command broke, 502 · UNAUTHORIZED user or password, or no administrator · BUSY too many
 * requests · NO_APP the registration app is not installed there · ERROR GeoNode failed at its work · ANSWER an answer of another shape
 */
export type RetryCode = `GEONODE_${
  | 'DOWN'
  | 'TIMEOUT'
  | 'DROPPED'
  | 'UNAUTHORIZED'
  | 'BUSY'
  | 'NO_APP'
  | 'ERROR'
  | 'ANSWER'}`;

export interface GeonodeErrorDetails extends Omit<GeosluiceErrorDetails, 'counterpart'> {
  /** Field of the document that GeoNode refuses, e.g. `owner`. */
  field?: string | undefined;
}

/** Everything this package throws, besides the reason of an aborted signal. */
export class GeonodeError extends GeosluiceError {
  readonly means: Meaning;
  readonly field: string | undefined;

  constructor(code: RetryCode | ReasonCode | 'SUPERSEDED', message: string, details: GeonodeErrorDetails = {}) {
    super(code, message, { ...details, counterpart: 'geonode' });
    this.means = decideMeaning(code);
    this.field = details.field;
  }
}

function decideMeaning(code: string): Meaning {
  if (code === 'SUPERSEDED') return 'supersede';
  return code.startsWith('GEONODE_') && code !== 'GEONODE_REFUSED' ? 'retry' : 'reject';
}
