import type { FieldError } from '@geosluice/gateway-api';

/** A finding of the validator, as fastify-type-provider-zod hands it on. */
interface Finding {
  keyword: string;
  instancePath: string;
  message?: string;
  params?: object;
}

const PARTS: Readonly<Record<string, FieldError['in']>> = {
  body: 'body',
  querystring: 'query',
  params: 'path',
  headers: 'headers',
};
const MAX_ERRORS = 50;

/** Each wrong field by its name, with what would be right. */
export function explainIssues(findings: readonly Finding[], context: string | undefined): FieldError[] {
  const part = PARTS[context ?? ''] ?? 'body';
  return findings.flatMap((finding) => explain(finding, part)).slice(0, MAX_ERRORS);
}

function explain(
  { keyword, instancePath, message = 'is wrong', params = {} }: Finding,
  part: FieldError['in'],
): FieldError[] {
  const field = instancePath
    .split('/')
    .filter((step) => step !== '')
    .join('.');
  const { keys } = params as { keys?: unknown };
  if (keyword === 'unrecognized_keys' && Array.isArray(keys)) {
    return keys.map((key) => ({
      in: part,
      field: field === '' ? String(key) : `${field}.${String(key)}`,
      message: 'is not known here; leave it out, or see /docs for what there is',
    }));
  }
  if (field === '' && part === 'body') return [{ in: part, field, message: `the body: ${message}` }];
  return [{ in: part, field, message }];
}
