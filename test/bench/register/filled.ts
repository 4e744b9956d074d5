import { createHash } from 'node:crypto';
import { globSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createCommandRegistrar, type Registrar } from '@geosluice/geonode';
import { cached } from '../../counterparts/cache.ts';
import { APP_FOLDER, geonodeDump, geonodeEnvironment, onScratchDatabase } from '../../counterparts/geonode-database.ts';
import { GEONODE_VERSION } from '../../counterparts/geonode-python.ts';
import type { PostgisServer } from '../../counterparts/postgis.ts';
import { documentOf } from './documents.ts';
import { layersOf } from './layers.ts';

/** Changes where what is filled in changes. */
const RECIPE = 1;
const PROCESSES = 2;
const AT_ONCE = 100;
const FILL_WORKSPACE = 'ws_filled';

/**
 * A dump of a GeoNode that has so many datasets, registered by the app as it lies: made once, kept in the cache, made anew
 * where the app changed. @returns the SQL file
 */
export async function filledDump(
  count: number,
  python: string,
  postgis: PostgisServer,
  { say, signal }: { say(text: string): void; signal: AbortSignal },
): Promise<string> {
  const empty = await geonodeDump(python, postgis);
  if (count === 0) return empty;
  const name = `bench-register-${GEONODE_VERSION}-${count}-${RECIPE}-${await hashOfApp()}`;
  const folder = await cached(name, async (draft) => {
    say(`fills a GeoNode with ${count} datasets, once`);
    const begun = performance.now();
    await onScratchDatabase(python, postgis, empty, async (place, database) => {
      const env = { ...geonodeEnvironment(place), DEBUG: 'False' };
      const command = [python, '-m', 'django', 'geosluice_register'];
      const registrars = Array.from({ length: PROCESSES }, () =>
        createCommandRegistrar({ command, env, batchSize: AT_ONCE, startTimeoutMs: 300_000 }),
      );
      try {
        await fill(count, registrars, say, signal);
      } finally {
        await Promise.all(registrars.map((registrar) => registrar.close()));
      }
      await postgis.dump(database, join(draft, 'dump.sql'));
    });
    say(`filled it in ${((performance.now() - begun) / 1000).toFixed(0)} s`);
  });
  return join(folder, 'dump.sql');
}

async function fill(
  count: number,
  registrars: readonly Registrar[],
  say: (text: string) => void,
  signal: AbortSignal,
): Promise<void> {
  let next = 0;
  const run = async (registrar: Registrar): Promise<void> => {
    while (next < count) {
      const layers = layersOf(FILL_WORKSPACE, next, Math.min(AT_ONCE, count - next));
      next += layers.length;
      await Promise.all(layers.map((layer) => registrar.register(documentOf(layer), signal)));
      if (next % 2_000 === 0) say(`${next} of ${count} are there`);
    }
  };
  await Promise.all(registrars.map(run));
}

/** Of all that decides which rows a registration makes. */
async function hashOfApp(): Promise<string> {
  const hash = createHash('sha256');
  for (const name of globSync('geosluice_geonode/**/*.{py,json}', { cwd: APP_FOLDER }).sort()) {
    hash.update(`${name}\n`).update(await readFile(join(APP_FOLDER, name)));
  }
  return hash.digest('hex').slice(0, 12);
}
