import { z } from 'zod';

export const PROBLEM_TYPE = 'application/problem+json';

/** Every code of a problem document of the gateway: its status, and what it means. Codes are stable. */
export const PROBLEMS = {
  JSON_INVALID: { status: 400, title: 'The body is not JSON' },
  REQUEST_INVALID: { status: 400, title: 'The request cannot be read' },
  KEY_MISSING: { status: 401, title: 'A key is needed' },
  KEY_UNKNOWN: { status: 401, title: 'The key is not known' },
  SCOPE_MISSING: { status: 403, title: 'The key may not do this' },
  NOT_FOUND: { status: 404, title: 'There is nothing at this path' },
  DATASET_UNKNOWN: { status: 404, title: 'No such dataset' },
  INGESTION_UNKNOWN: { status: 404, title: 'No such ingestion' },
  WATCH_UNKNOWN: { status: 404, title: 'No such watch' },
  METRICS_OFF: { status: 404, title: 'Metrics are not kept here' },
  IDEMPOTENCY_KEY_REUSED: { status: 409, title: 'The idempotency key belongs to another request' },
  BODY_TOO_LARGE: { status: 413, title: 'The body is too large' },
  MEDIA_TYPE_UNSUPPORTED: { status: 415, title: 'The body has a type that is not taken' },
  FIELDS_INVALID: { status: 422, title: 'Fields are wrong' },
  CURSOR_INVALID: { status: 422, title: 'The cursor is not one of this list' },
  SOURCE_NOT_ALLOWED: { status: 422, title: 'The source is not on the list of what may be read' },
  WATCH_CONTAINS_OUTPUT: { status: 422, title: 'The watch and the output prefix overlap' },
  WATCH_INVALID: { status: 422, title: 'The watch is not valid' },
  NOTIFICATION_INVALID: { status: 422, title: 'The body is not an S3 notification' },
  INTERNAL: { status: 500, title: 'The gateway made a mistake' },
  REDIS_AWAY: { status: 503, title: 'Redis does not answer' },
  REDIS_REFUSED: { status: 503, title: 'Redis refuses' },
  TOO_MANY_FOLLOWERS: { status: 503, title: 'Too many follow the events' },
  SHUTTING_DOWN: { status: 503, title: 'The gateway is stopping' },
} as const satisfies Record<string, { status: number; title: string }>;
export type ProblemCode = keyof typeof PROBLEMS;

/** One wrong field of a request. */
export const fieldErrorSchema = z
  .object({
    in: z.enum(['body', 'query', 'path', 'headers']).describe('The part of the request.'),
    field: z.string().describe('Path of the field in that part, e.g. `options.srs`; empty for the part as a whole.'),
    message: z.string().describe('What would be right.'),
  })
  .meta({ id: 'FieldError' });
export type FieldError = z.infer<typeof fieldErrorSchema>;

/** RFC 9457. Programs decide by `code`; `detail` is for people. */
export const problemSchema = z
  .object({
    type: z.string().describe('A URN of the code.'),
    title: z.string(),
    status: z.int().min(400).max(599),
    code: z.string().describe('Stable; see docs/api.md.'),
    detail: z.string(),
    instance: z.string().describe('The path asked for.').exactOptional(),
    request: z.string().describe('Id of the request, as in the log and the header x-request-id.').exactOptional(),
    errors: z.array(fieldErrorSchema).exactOptional(),
  })
  .meta({
    id: 'Problem',
    description: 'A problem document (RFC 9457).',
    examples: [
      {
        type: 'urn:geosluice:problem:DATASET_UNKNOWN',
        title: 'No such dataset',
        status: 404,
        code: 'DATASET_UNKNOWN',
        detail: 'no dataset has the id daaaaaaaaaaaaaaaaaaaa',
        instance: '/v1/datasets/daaaaaaaaaaaaaaaaaaaa',
      },
    ],
  });
export type Problem = z.infer<typeof problemSchema>;

/** A problem document of a known code. */
export function problemOf(
  code: ProblemCode,
  detail: string,
  more: { instance?: string; request?: string; errors?: FieldError[] } = {},
): Problem {
  const { status, title } = PROBLEMS[code];
  return { type: `urn:geosluice:problem:${code}`, title, status, code, detail, ...more };
}
