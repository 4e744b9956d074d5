import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { documentJsonSchemas } from './json-schema.ts';

/** Writes the document's JSON Schemas into the Django app: `node packages/geonode/src/write-schemas.ts`. */
export const SCHEMA_FOLDER = join(import.meta.dirname, '../../../docker/geonode/geosluice_geonode/generated');

/** As the files are written. */
export function schemaText(schema: object): string {
  return `${JSON.stringify(schema, null, 2)}\n`;
}

if (import.meta.main) {
  await mkdir(SCHEMA_FOLDER, { recursive: true });
  for (const [name, schema] of Object.entries(documentJsonSchemas())) {
    await writeFile(join(SCHEMA_FOLDER, name), schemaText(schema));
  }
}
