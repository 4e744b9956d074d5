import { spawnSync } from 'node:child_process';
import type { GeonodeServer } from '../counterparts/geonode.ts';
import { APP_FOLDER } from '../counterparts/geonode-database.ts';

/** All that GeoNode holds of a dataset, ids and names written out of it: docker/geonode/tests/described.py */
export interface Described {
  fields: Record<string, string>;
  links: string[][];
  contacts: string[][];
  permissions: string[][];
  keywords: string[];
  regions: string[];
  attributes: string[][];
  styles: string[];
  record: string[];
}

/** In one process, which takes seconds to load GeoNode. @throws Error where there is no such dataset */
export function describeDatasets(
  { python, env }: Pick<GeonodeServer, 'python' | 'env'>,
  layers: ReadonlyArray<{ workspace: string; name: string }>,
): Described[] {
  const alternates = layers.map(({ workspace, name }) => `${workspace}:${name}`);
  const { status, stdout, stderr } = spawnSync(python, ['-m', 'tests.described', ...alternates], {
    ...{ cwd: APP_FOLDER, encoding: 'utf8', maxBuffer: 16 * 1024 * 1024 },
    env: { ...process.env, ...env },
  });
  if (status !== 0) throw new Error(`${alternates.join(', ')} cannot be described:\n${stderr.slice(-4000)}`);
  return JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as Described[];
}
