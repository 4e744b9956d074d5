import { ingestOptionsSchema } from '@geosluice/jobs';
import { ConfigError } from '@geosluice/service-kit';
import { z } from 'zod';

const schema = z.array(
  z.strictObject({
    id: z.string().regex(/^[a-z0-9-]{1,40}$/, 'use a-z, 0-9 and -, at most 40'),
    source: z.string().min(1),
    intervalSeconds: z.int().min(1).max(604_800).default(300),
    options: ingestOptionsSchema.default({}),
  }),
);

/** The watches of GEOSLUICE_WATCHES. @throws ConfigError naming what is wrong */
export function readWatches(text: string | undefined): z.infer<typeof schema> {
  if (text === undefined) return [];
  try {
    return schema.parse(JSON.parse(text));
  } catch (error) {
    const problem = error instanceof z.ZodError ? z.prettifyError(error) : (error as Error).message;
    throw new ConfigError([`GEOSLUICE_WATCHES: ${problem}`]);
  }
}
