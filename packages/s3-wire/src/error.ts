import type { Answer } from './answer.ts';
import { textIn } from './document.ts';

/**
 * A request that failed: what the store answered, or what became of the connection. Named like errors of the AWS SDK
 * (`name` is S3's code, the status in `$metadata`), so that whoever reads those reads these.
 */
export class WireError extends Error {
  /** S3's code (`NoSuchKey`), or the system's (`ECONNRESET`). */
  readonly code: string;
  readonly $metadata: { httpStatusCode?: number };
  readonly $response: { statusCode?: number; headers: Record<string, string> };

  constructor(
    code: string,
    message: string,
    details: { status?: number; headers?: Record<string, string>; cause?: unknown } = {},
  ) {
    super(message, details.cause === undefined ? {} : { cause: details.cause });
    this.name = code;
    this.code = code;
    const { status, headers = {} } = details;
    this.$metadata = status === undefined ? {} : { httpStatusCode: status };
    this.$response = { headers, ...(status === undefined ? {} : { statusCode: status }) };
  }

  /** HTTP status; 0 where there was no answer. */
  get status(): number {
    return this.$metadata.httpStatusCode ?? 0;
  }
}

/** Names of answers without a body, as the SDK gives them. */
const NAMES: Record<number, string> = {
  400: 'BadRequest',
  403: 'Forbidden',
  404: 'NotFound',
  412: 'PreconditionFailed',
  416: 'InvalidRange',
  503: 'ServiceUnavailable',
};

/** What an answer outside of the 2xx says: S3's own code, where it has one. */
export function refused({ status, headers, body }: Answer): WireError {
  const text = body.toString('utf8', 0, 16 * 1024);
  const code = textIn(text, 'Code') ?? NAMES[status] ?? `HTTP${status}`;
  const message = textIn(text, 'Message') ?? `the store answered ${status}`;
  return new WireError(code, message, { status, headers });
}

/**
 * S3 says 200 to what takes its time before it knows the end of it, and the truth in the body (CompleteMultipartUpload).
 * @returns the error; null where there is none
 */
export function belated(answer: Answer): WireError | null {
  if (answer.body.byteLength === 0 || !/<Error[\s>]/.test(answer.body.toString('utf8', 0, 16 * 1024))) return null;
  return refused({ ...answer, status: 500 });
}
