import { PROBLEM_TYPE, PROBLEMS, type ProblemCode, problemSchema } from '@geosluice/gateway-api';
import type { z } from 'zod';
import type { Scope } from './options.ts';

interface Described {
  id: string;
  tag: string;
  summary: string;
  description?: string;
}

/** What OpenAPI says of a route besides its schemas. */
export function operation({ id, tag, summary, description }: Described, scope?: Scope) {
  const needs = scope === undefined ? '' : `Needs a key with the scope \`${scope}\`.`;
  return {
    operationId: id,
    tags: [tag],
    summary,
    description: [description ?? '', needs].filter((part) => part !== '').join('\n\n'),
    ...(scope === undefined ? { security: [] } : { security: [{ bearer: [] }] }),
  };
}

/** An answer of a type, held to its schema. */
export function answer<T extends z.ZodType>(schema: T, description: string, type = 'application/json') {
  return { description, content: { [type]: { schema } } };
}

const ANY: readonly ProblemCode[] = ['REQUEST_INVALID', 'INTERNAL'];
const KEYED: readonly ProblemCode[] = ['KEY_MISSING', 'KEY_UNKNOWN', 'SCOPE_MISSING', 'REDIS_AWAY', 'REDIS_REFUSED'];
const BODY: readonly ProblemCode[] = ['JSON_INVALID', 'BODY_TOO_LARGE', 'MEDIA_TYPE_UNSUPPORTED', 'FIELDS_INVALID'];

/** The refusals of a route, by status: its own, and those that all of its kind have. */
export function refusals(
  kind: 'open' | 'keyed' | 'body',
  ...own: ProblemCode[]
): Record<number, ReturnType<typeof answer>> {
  const codes = new Set([...ANY, ...(kind === 'open' ? [] : KEYED), ...(kind === 'body' ? BODY : []), ...own]);
  const byStatus = Map.groupBy(codes, (code) => PROBLEMS[code].status);
  return Object.fromEntries(
    [...byStatus]
      .sort(([a], [b]) => a - b)
      .map(([status, some]) => {
        const text = some.map((code) => `\`${code}\` ${PROBLEMS[code].title}`).join('; ');
        return [status, answer(problemSchema, text, PROBLEM_TYPE)];
      }),
  );
}
