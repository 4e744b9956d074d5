import type { FieldError, ProblemCode } from '@geosluice/gateway-api';
import { GeosluiceError } from '@geosluice/jobs';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';
import { explainIssues } from './explain-issues.ts';
import { GatewayProblem } from './problem.ts';

export interface Decided {
  code: ProblemCode;
  detail: string;
  errors?: FieldError[];
  headers: Record<string, string>;
}

/** Seconds after which it is worth asking again where Redis is away. */
const RETRY_AFTER = { 'retry-after': '5' };
const REDIS_CONNECTION = /Connection is closed|Command timed out|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENOTFOUND/;

/** Codes of other rooms, and what they are called here. */
const CODES: Readonly<Record<string, ProblemCode>> = {
  DATASET_UNKNOWN: 'DATASET_UNKNOWN',
  CURSOR_INVALID: 'CURSOR_INVALID',
  WATCH_INVALID: 'WATCH_INVALID',
  SOURCE_NOT_ALLOWED: 'SOURCE_NOT_ALLOWED',
  INVALID_OPTIONS: 'FIELDS_INVALID',
  REDIS_AWAY: 'REDIS_AWAY',
  REDIS_REFUSED: 'REDIS_REFUSED',
  REDIS_MAY_EVICT: 'REDIS_REFUSED',
};

/** Fastify's own refusals. */
const FRAMEWORK: Readonly<Record<string, [ProblemCode, string]>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: ['BODY_TOO_LARGE', 'send fewer sources or records in one request'],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: ['MEDIA_TYPE_UNSUPPORTED', 'send application/json'],
  FST_ERR_CTP_INVALID_JSON_BODY: ['JSON_INVALID', 'the body is not valid JSON'],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: ['REQUEST_INVALID', 'the body is not as long as its content-length says'],
};

/** What any thrown value becomes. What is not known is our mistake: INTERNAL, without a word of its message. */
export function decideProblem(error: unknown): Decided {
  if (error instanceof GatewayProblem) {
    const { code, message: detail, errors } = error;
    const headers = code.startsWith('REDIS_') ? { ...RETRY_AFTER, ...error.headers } : error.headers;
    return { code, detail, headers, ...(errors === undefined ? {} : { errors }) };
  }
  if (hasZodFastifySchemaValidationErrors(error)) {
    const errors = explainIssues(error.validation, error.validationContext);
    return { code: 'FIELDS_INVALID', detail: 'Correct the fields in errors.', errors, headers: {} };
  }
  if (error instanceof GeosluiceError) {
    const code = CODES[error.code];
    if (code !== undefined) {
      return { code, detail: error.message, headers: code.startsWith('REDIS_') ? RETRY_AFTER : {} };
    }
  }
  return decideForeign(error);
}

function decideForeign(error: unknown): Decided {
  const { code = '', statusCode, name, message = '' } = (error ?? {}) as Partial<Error> & Record<string, unknown>;
  const known = FRAMEWORK[String(code)];
  if (known !== undefined) return { code: known[0], detail: known[1], headers: {} };
  if (statusCode === 400 && name === 'SyntaxError') {
    return { code: 'JSON_INVALID', detail: `the body is not valid JSON: ${message}`, headers: {} };
  }
  if (name === 'MaxRetriesPerRequestError' || REDIS_CONNECTION.test(String(message))) {
    return { code: 'REDIS_AWAY', detail: 'Redis does not answer; try again soon.', headers: RETRY_AFTER };
  }
  if (typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500) {
    return { code: 'REQUEST_INVALID', detail: String(message), headers: {} };
  }
  return { code: 'INTERNAL', detail: 'The log has the details under the id of this request.', headers: {} };
}
