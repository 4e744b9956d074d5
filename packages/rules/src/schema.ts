import { ingestOptionsSchema, parseLocation } from '@geosluice/jobs';
import { z } from 'zod';

/** Any source: what holds where no longer prefix does. */
export const ANY = '*';

const sourceSchema = z
  .string()
  .min(1)
  .max(2048)
  .refine((uri) => uri === ANY || isSource(uri), 'write s3://bucket/prefix/, https://host/path/, file:///folder/ or *');

/** What becomes of other content under a name that is published already. */
const duplicatesSchema = z
  .enum(['replace', 'skip', 'version', 'error'])
  .default('replace')
  .describe(
    'Other content in a file that is published: `replace` moves the layer to it, `skip` leaves the layer as it is, `version` makes a layer of its own, `error` puts it on the dead-letter list.',
  );
export type DuplicatePolicy = z.infer<typeof duplicatesSchema>;

/** What becomes of a layer whose file is gone from its source. */
const deletionsSchema = z
  .strictObject({
    policy: z
      .enum(['keep', 'unpublish', 'delete'])
      .describe('`unpublish` takes layer and dataset away and keeps the object, `delete` takes that, too.'),
    graceHours: z.number().min(0).max(8_760).default(168).describe('How long a file must have been gone.'),
    capPercent: z
      .number()
      .min(0)
      .max(100)
      .default(5)
      .describe(
        'Where more of a rule’s files than this are gone at once, nothing is taken away: a person is asked. 0 always asks.',
      ),
  })
  .default({ policy: 'keep', graceHours: 168, capPercent: 5 })
  .describe('A file that is gone from its source.');
export type Deletions = z.infer<typeof deletionsSchema>;

/** One rule: where it holds, and what it says there. Options are those of an ingestion, which go before a rule's. */
export const ruleSchema = z
  .strictObject({
    name: z.string().min(1).max(100).describe('Shown with every dataset that came by this rule.'),
    source: sourceSchema.describe('Uris that begin with this; the longest that fits holds. `*` is every other one.'),
    duplicates: duplicatesSchema,
    deletions: deletionsSchema,
  })
  .extend(ingestOptionsSchema.omit({ rule: true, name: true, title: true, priority: true }).shape)
  .refine(({ duplicates, deletions }) => duplicates !== 'version' || deletions.policy === 'keep', {
    path: ['deletions', 'policy'],
    message: 'keeps layers where `duplicates` is `version`, since each content has its own; write keep',
  });
export type Rule = z.infer<typeof ruleSchema>;

const MAX_RULES = 1_000;

/** A rules file. */
export const rulesSchema = z.strictObject({
  version: z.literal(1).describe('Of this format.'),
  rules: z.array(ruleSchema).max(MAX_RULES),
});

function isSource(uri: string): boolean {
  try {
    parseLocation(uri);
    return true;
  } catch {
    return false;
  }
}
