import { createHash } from 'node:crypto';
import { globSync } from 'node:fs';
import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCommandRegistrar, type Registrar } from '@geosluice/geonode';
import { cached } from '../../counterparts/cache.ts';
import { APP_FOLDER, geonodeDump, geonodeEnvironment } from '../../counterparts/geonode-database.ts';
import { GEONODE_VERSION } from '../../counterparts/geonode-python.ts';
import type { PostgisServer } from '../../counterparts/postgis.ts';
import { removeFolder } from '../../counterparts/server-process.ts';
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
    const scratch = `bench_fill_${process.pid}`;
    const media = await mkdtemp(join(tmpdir(), 'geosluice-geonode-'));
    const registrars: Registrar[] = [];
    try {
      const database = await postgis.createDatabase(scratch, empty);
      const geodatabase = await postgis.createDatabase(`${scratch}_data`);
      const geoserver = { url: 'http://127.0.0.1:9/geoserver/', user: 'admin', password: 'geoserver' };
      const place = {
        python,
        postgis,
        database,
        geodatabase,
        geoserver,
        siteUrl: 'http://127.0.0.1:9/',
        folder: media,
      };
      const env = { ...geonodeEnvironment(place), DEBUG: 'False' };
      const command = [python, '-m', 'django', 'geosluice_register'];
      for (let made = 0; made < PROCESSES; made += 1)
        registrars.push(createCommandRegistrar({ command, env, batchSize: AT_ONCE, startTimeoutMs: 300_000 }));
      await fill(count, registrars, say, signal);
      await postgis.dump(scratch, join(draft, 'dump.sql'));
    } finally {
      await Promise.all(registrars.map((registrar) => registrar.close()));
      await postgis.dropDatabase(scratch);
      await postgis.dropDatabase(`${scratch}_data`);
      await removeFolder(media);
    }
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
