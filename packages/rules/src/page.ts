import { z } from 'zod';
import { ruleSchema, rulesSchema } from './schema.ts';

/** A rules file that shows most of what there is. */
export const EXAMPLE = `version: 1
rules:
  # whatever no longer source fits
  - name: everything else
    source: "*"
    permissions: owner

  - name: orthophotos
    source: s3://inbox/ortho/
    workspace: imagery
    store: cog
    owner: alice
    group: surveyors
    permissions: public
    license: CC BY 4.0
    category: imageryBaseMapsEarthCover
    # each flight keeps a layer of its own: dem, dem_v2, dem_v3
    duplicates: version

  - name: forecasts
    source: s3://inbox/forecast/
    metadata: required
    # a file that is gone for a day takes its layer with it, unless more than a tenth of all are gone
    deletions: { policy: delete, graceHours: 24, capPercent: 10 }
`;

/** What a list of rules may look like, as a JSON schema. */
export function rulesJsonSchema(): Record<string, unknown> {
  const { $schema: _, ...schema } = z.toJSONSchema(rulesSchema.shape.rules, { io: 'input' });
  return schema;
}

interface Property {
  type?: string;
  enum?: readonly string[];
  default?: unknown;
  description?: string;
  properties?: Record<string, Property>;
}

/** docs/rules.md */
export function rulesPage(): string {
  const { properties = {} } = z.toJSONSchema(ruleSchema, { io: 'input' }) as Property;
  const required = ['name', 'source'];
  const rows = Object.entries(properties).flatMap(([name, property]) =>
    rowsOf(name, property, required.includes(name)),
  );
  return `# Rules

What a deployment says of files by where they come from. \`GEOSLUICE_RULES_FILE\` names a YAML file that the discover workers
read at start; in the chart it is the value \`rules\`. What is wrong with it is told with line and column, and no worker starts;
\`geosluice rules <file> [uri]\` tells it before, and what would become of a file.

**Which holds.** Of the rules whose \`source\` begins a file's uri the longest, alone: rules do not add up. What a request or a
watch asks for goes before the rule, and the rule before the deployment's settings (\`GEOSLUICE_WORKSPACE\` and its like).

**When it changes.** A dataset's version has a part for what was asked and ruled. A rule that changes what becomes of a dataset
makes that another version, and the next scan brings the dataset in line; files are not copied again, and where
only the description differs (owner, group, permissions, licence, category, keywords, regions, language), GeoServer is not asked either. Another
workspace [moves](operations.md#moving) the layers. A rule that is only called
otherwise, or that only says what becomes of the file in the inbox, changes nothing that is there.

\`\`\`yaml rules
${EXAMPLE}\`\`\`

## What a rule may say

| field | values | where absent | what it is |
|---|---|---|---|
${rows.join('\n')}

This page is generated from \`packages/rules/src/schema.ts\` by \`npm run generate\`.
`;
}

function rowsOf(name: string, property: Property, required: boolean): string[] {
  const { properties } = property;
  const own = `| \`${name}\` | ${valuesOf(property)} | ${required ? 'needed' : defaultOf(property)} | ${textOf(property)} |`;
  const inner = Object.entries(properties ?? {}).flatMap(([key, each]) =>
    rowsOf(`${name}.${key}`, each, key === 'policy'),
  );
  return [own, ...inner];
}

function valuesOf(property: Property): string {
  if (property.enum !== undefined) return property.enum.map((value) => `\`${value}\``).join(', ');
  return property.type === 'string' ? 'text' : property.type === 'integer' ? 'number' : (property.type ?? '');
}

function defaultOf(property: Property): string {
  if (property.default === undefined) return '';
  return typeof property.default === 'object' ? 'as below' : `\`${String(property.default)}\``;
}

function textOf({ description = '' }: Property): string {
  return description.replaceAll('|', '\\|');
}
