import { GeosluiceError, type GeosluiceErrorDetails, type Meaning, type ReasonCode } from '@geosluice/jobs';

/** Codes of errors that mean retry. `down`: the whole store is away or misconfigured, so the queue is held. */
export type StoreTrouble =
  /** Connection refused, no such host, no route, certificate not trusted. Down. */
  | 'STORE_UNREACHABLE'
  /** 503 of the store as a whole. Down. */
  | 'STORE_UNAVAILABLE'
  /** SlowDown, 429 and their like. */
  | 'STORE_BUSY'
  /** Any other 5xx, a broken connection, a timeout, an answer that makes no sense. */
  | 'STORE_ERROR'
  /** The store has no room left. Down. */
  | 'STORE_FULL'
  /** Keys are unknown, expired or wrong. Down. */
  | 'STORE_CREDENTIALS'
  /** The keys are right but may not do this. Down. */
  | 'STORE_FORBIDDEN'
  /** The bucket does not exist, or lies in another region. Down. */
  | 'STORE_BUCKET'
  /** This machine's clock differs too much from the store's. Down. */
  | 'STORE_CLOCK'
  | 'OBJECT_MISSING'
  /** The object is not the one that was asked for: another size or ETag. */
  | 'OBJECT_CHANGED'
  /** What the store holds differs from what was sent. It is sent again. */
  | 'UPLOAD_CORRUPTED'
  /** What was read differs from what the source says it holds. It is read again. */
  | 'SOURCE_CORRUPTED'
  /** The store forgot the upload on the way. It is begun anew. */
  | 'UPLOAD_VANISHED';

export type ObjectStoreErrorCode = StoreTrouble | ReasonCode | 'SUPERSEDED';

/** Every error of this package. Its subject is an `s3://` uri. */
export class ObjectStoreError extends GeosluiceError {
  readonly means: Meaning;
  declare readonly code: ObjectStoreErrorCode;

  constructor(means: Meaning, code: ObjectStoreErrorCode, message: string, details: GeosluiceErrorDetails = {}) {
    super(code, message, { counterpart: 's3', ...details });
    this.means = means;
  }
}

export function trouble(code: StoreTrouble, message: string, details: GeosluiceErrorDetails = {}): ObjectStoreError {
  return new ObjectStoreError('retry', code, message, details);
}

export function refusal(code: ReasonCode, message: string, details: GeosluiceErrorDetails = {}): ObjectStoreError {
  return new ObjectStoreError('reject', code, message, details);
}

export function superseded(message: string, details: GeosluiceErrorDetails = {}): ObjectStoreError {
  return new ObjectStoreError('supersede', 'SUPERSEDED', message, details);
}
