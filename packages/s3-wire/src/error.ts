import type { Answer } from './answer.ts';

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
  const code = /<Code>([A-Za-z0-9_.-]{1,100})<\/Code>/.exec(text)?.[1] ?? NAMES[status] ?? `HTTP${status}`;
  const message = /<Message>([^<]{1,1000})<\/Message>/.exec(text)?.[1] ?? `the store answered ${status}`;
  return new WireError(code, message, { status, headers });
}
