import { dirname } from 'node:path';
import { documentJsonSchemas } from '../packages/geonode/src/index.ts';
import { REASONS } from '../packages/jobs/src/index.ts';
import { rulesPage } from '../packages/rules/src/index.ts';
import { configurationPage, metricsPage } from '../packages/service-kit/src/index.ts';
import { performancePages } from '../test/bench/page.ts';
import { chartReadmes } from './chart-readme.ts';
import { chartPages } from './chart-values.ts';

/** Every generated page, by its path. */
export function pages(): Record<string, string> {
  const schemas = Object.entries(documentJsonSchemas()).map(([name, schema]): [string, string] => [
    `docker/geonode/geosluice_geonode/generated/${name}`,
    `${JSON.stringify(schema, null, 2)}\n`,
  ]);
  return {
    'docs/configuration.md': configurationPage(),
    'docs/metrics.md': metricsPage(),
    'docs/reason-codes.md': reasonsPage(),
    'docs/rules.md': rulesPage(),
    ...Object.fromEntries(schemas),
    ...performancePages(),
    ...chartPages(),
    ...chartReadmes(dirname(import.meta.dirname)),
  };
}

function reasonsPage(): string {
  return [
    '# Reason codes',
    '',
    'Why a dataset is a dead letter, and what to do. Codes are stable. `geosluice dead-letters` lists them with the sentence that',
    'tells what was met; `geosluice retry <dataset>` or `geosluice dead-letters replay --code <code>` starts again at inspect.',
    '',
    'This page is generated from `packages/jobs/src/reasons.ts` by `npm run generate`.',
    '',
    '| code | what it means and what to do |',
    '|---|---|',
    ...Object.entries(REASONS).map(([code, advice]) => `| \`${code}\` | ${advice} |`),
    '',
  ].join('\n');
}
