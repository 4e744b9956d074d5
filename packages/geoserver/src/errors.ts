import { GeosluiceError, type GeosluiceErrorDetails, type Meaning, type ReasonCode } from '@geosluice/jobs';

/**
 * Codes that mean retry; codes that mean reject are ReasonCodes.
 * DOWN no connection, or 502 to 504 · TIMEOUT no answer in time (the work may still be done) · DROPPED the connection
 * broke · UNAUTHORIZED user or password · ERROR a 5xx that says nothing usable · ANSWER an answer of another shape ·
 * S3 GeoServer cannot reach or enter the object store · OBJECT GeoServer does not find the object ·
 * PLUGIN a module is not installed · NODE_BEHIND a node has not drawn the layer in time, or has it still · STYLE a style did
 * not take
 */
export type RetryCode = `GEOSERVER_${
  | 'DOWN'
  | 'TIMEOUT'
  | 'DROPPED'
  | 'UNAUTHORIZED'
  | 'ERROR'
  | 'ANSWER'
  | 'S3'
  | 'OBJECT'
  | 'PLUGIN'
  | 'NODE_BEHIND'
  | 'STYLE'}`;

export interface GeoServerErrorDetails extends Omit<GeosluiceErrorDetails, 'counterpart' | 'subject'> {
  /** `workspace:name`. */
  layer?: string | undefined;
  /** Url of the node that answered, or did not. */
  node?: string | undefined;
  /** HTTP status, where there was an answer. */
  status?: number | undefined;
}

/** Everything this package throws, besides the reason of an aborted signal. */
export class GeoServerError extends GeosluiceError {
  readonly means: Meaning;
  readonly layer: string | undefined;
  readonly node: string | undefined;
  readonly status: number | undefined;

  constructor(code: RetryCode | ReasonCode, message: string, details: GeoServerErrorDetails = {}) {
    super(code, message, { ...details, subject: details.layer ?? details.node, counterpart: 'geoserver' });
    this.means = code.startsWith('GEOSERVER_') && code !== 'GEOSERVER_REFUSED' ? 'retry' : 'reject';
    this.layer = details.layer;
    this.node = details.node;
    this.status = details.status;
  }
}
