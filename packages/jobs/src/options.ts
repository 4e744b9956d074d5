import { z } from 'zod';

/** A name that GeoServer, WFS, WCS and GeoNode all take as it is (an NCName without dots, dashes or capitals). */
export const layerNameSchema = z
  .string()
  .regex(/^[a-z][a-z0-9_]*$/, 'use lower case letters, digits and _, beginning with a letter')
  .max(60);
export const workspaceNameSchema = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_.-]*$/, 'use an NCName: letters, digits, _ . and -, beginning with a letter or _')
  .max(60);
export const srsSchema = z.string().regex(/^EPSG:\d{4,6}$/, 'write EPSG:<code>, for example EPSG:32631');

const names = z.array(z.string().min(1).max(255)).max(100);

/** What a person, a watch or a rule may ask of an ingestion. Everything has a default; see docs/api.md. */
export const ingestOptionsSchema = z.strictObject({
  rule: z.string().max(100).optional().describe('Name of the rule these options come from; a label.'),
  workspace: workspaceNameSchema.optional().describe('GeoServer workspace; the deployment’s default where absent.'),
  name: layerNameSchema.optional().describe('Layer name; derived from the file name where absent. For one file only.'),
  title: z.string().min(1).max(255).optional().describe('Title; from the sidecar, else the file name, where absent.'),
  srs: srsSchema.optional().describe('Declared CRS (FORCE_DECLARED) for files that name none or one without a code.'),
  store: z
    .enum(['s3geotiff', 'cog'])
    .optional()
    .describe('Kind of coverage store; the deployment’s default where absent.'),
  style: z
    .string()
    .regex(/^([A-Za-z_][A-Za-z0-9_.-]*:)?[A-Za-z0-9_.-]+$/, 'write the name of a style, or workspace:name')
    .max(130)
    .optional()
    .describe(
      'Default style, one that is in GeoServer; where absent one that stretches samples which are no bytes. An `.sld` beside it goes before.',
    ),
  storage: z
    .enum(['copy', 'in-place'])
    .optional()
    .describe('Copy the raster to the target bucket, or serve it where it lies.'),
  after: z
    .enum(['keep', 'delete', 'tag'])
    .optional()
    .describe('What becomes of the file in the inbox once it is registered.'),
  metadata: z.enum(['optional', 'required']).optional().describe('Whether a readable sidecar is needed.'),
  metadataGraceSeconds: z.int().min(0).max(604_800).optional().describe('How long a required sidecar is waited for.'),
  language: z
    .string()
    .regex(/^[a-z]{2,3}$/)
    .optional()
    .describe('Preferred language of titles and abstracts.'),
  owner: z.string().min(1).max(150).optional().describe('GeoNode user who owns the dataset.'),
  group: z.string().min(1).max(255).optional().describe('GeoNode group of the dataset.'),
  permissions: z.enum(['public', 'owner', 'group']).optional().describe('Who may see and download it.'),
  category: z.string().min(1).max(100).optional().describe('ISO 19115 topic category.'),
  license: z.string().min(1).max(255).optional().describe('Licence name or URL, where the sidecar gives none.'),
  keywords: names.optional().describe('Added to the sidecar’s keywords.'),
  regions: names.optional().describe('Added to the sidecar’s places.'),
  priority: z
    .enum(['interactive', 'bulk', 'reconcile'])
    .optional()
    .describe('Order of work; interactive for a request.'),
});
export type IngestOptions = z.infer<typeof ingestOptionsSchema>;
export type Priority = NonNullable<IngestOptions['priority']>;

/** Options that do not change what the dataset becomes, and so make no new version. */
const WITHOUT_RESULT: ReadonlySet<string> = new Set([
  ...['rule', 'priority', 'metadata', 'metadataGraceSeconds', 'after'],
]);

/** Options that object and layer follow from; the others are about the description in GeoNode. */
const OF_THE_LAYER: ReadonlySet<string> = new Set(['workspace', 'name', 'srs', 'store', 'style', 'storage']);

/** The options that change the result, in a stable order: those that object and layer follow from, and the others. */
export function resultOptions(options: IngestOptions): { layer: Partial<IngestOptions>; rest: Partial<IngestOptions> } {
  const kept = Object.entries(options)
    .filter(([name, value]) => value !== undefined && !WITHOUT_RESULT.has(name))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const [layer, rest] = [true, false].map((wanted) => kept.filter(([name]) => OF_THE_LAYER.has(name) === wanted));
  return { layer: Object.fromEntries(layer ?? []), rest: Object.fromEntries(rest ?? []) };
}
