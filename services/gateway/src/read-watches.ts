import { formatLocation, type IngestOptions, ingestOptionsSchema } from '@geosluice/jobs';
import { ConfigError } from '@geosluice/service-kit';
import { z } from 'zod';
import type { GatewayOptions } from './options.ts';
import { GatewayProblem } from './problem.ts';
import { readWatched } from './read-watched.ts';

const schema = z.array(
  z.strictObject({
    id: z.string().regex(/^[a-z0-9-]{1,40}$/, 'use a-z, 0-9 and -, at most 40'),
    source: z.string().min(1),
    intervalSeconds: z.int().min(1).max(604_800).default(300),
    options: ingestOptionsSchema.default({}),
  }),
);
type Configured = z.infer<typeof schema>[number];
type Rules = Pick<GatewayOptions, 'allowed' | 'target'>;

/** The watches of GEOSLUICE_WATCHES, held to what a PUT is held to. @throws ConfigError naming everything that is wrong */
export function readWatches(text: string | undefined, rules: Rules): Configured[] {
  if (text === undefined) return [];
  const watches = parse(text);
  const ids = watches.map(({ id }) => id);
  const twice = [...new Set(ids.filter((id, at) => ids.indexOf(id) !== at))];
  const problems = [
    ...twice.map((id) => `GEOSLUICE_WATCHES: watch ${id}: the id is given twice`),
    ...watches.flatMap((watch) => {
      const problem = problemOfWatch(watch, rules);
      return problem === null ? [] : [`GEOSLUICE_WATCHES: watch ${watch.id}: ${problem}`];
    }),
  ];
  if (problems.length > 0) throw new ConfigError(problems);
  return watches.map((watch) => ({ ...watch, source: formatLocation(readWatched(watch, rules)) }));
}

/** What is wrong with a watch, in a sentence; null where nothing is. */
export function problemOfWatch(watch: { source: string; options: IngestOptions }, rules: Rules): string | null {
  try {
    readWatched(watch, rules);
    return null;
  } catch (error) {
    if (!(error instanceof GatewayProblem)) throw error;
    return error.errors?.map(({ field, message }) => `${field}: ${message}`).join('; ') ?? error.message;
  }
}

function parse(text: string): Configured[] {
  let given: unknown;
  try {
    given = JSON.parse(text);
  } catch (error) {
    throw new ConfigError([`GEOSLUICE_WATCHES must be JSON: ${(error as Error).message}`]);
  }
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  throw new ConfigError(
    parsed.error.issues.map(({ path, message }) => `GEOSLUICE_WATCHES: ${path.join('.') || 'the list'}: ${message}`),
  );
}
