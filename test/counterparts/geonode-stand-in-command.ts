/** The management command's dialect over the stand-in's catalogue: lines in, lines out, ends with its input. */
import { createInterface } from 'node:readline';
import { createStandInCatalogue } from './geonode-stand-in-catalogue.ts';

const catalogue = createStandInCatalogue((pk) => `http://geonode.test/datasets/${pk}`);
type Action = Parameters<typeof catalogue.answer>[0];
const write = (value: object): boolean => process.stdout.write(`${JSON.stringify(value)}\n`);

write({ ready: true, app: 'geosluice_geonode', version: '0.1.0', geonode: 'stand-in', schema: 1 });
for await (const line of createInterface({ input: process.stdin })) {
  const { id, ...request } = JSON.parse(line) as { id: string };
  const [[action, documents] = []] = Object.entries(request) as Array<[Action, unknown[]]>;
  if (action !== undefined && documents !== undefined) {
    write({ id, answers: documents.map((document) => catalogue.answer(action, document)) });
  }
}
