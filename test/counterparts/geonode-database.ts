import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cached } from './cache.ts';
import { GEONODE_VERSION, type GeonodeVersion } from './geonode-python.ts';
import { runInstaller } from './packages.ts';
import type { PostgisServer } from './postgis.ts';
import { removeFolder } from './server-process.ts';

/** The Django app under test, used as it lies. */
export const APP_FOLDER = join(import.meta.dirname, '../../docker/geonode');
export const SETTINGS_FOLDER = join(import.meta.dirname, 'geonode-settings');
export const SETTINGS_MODULE = 'geosluice_test_settings';

const RECIPE = 1;

const FIXTURES = ['people/fixtures/sample_admin', 'base/fixtures/default_oauth_apps', 'base/fixtures/initial_data'];

export interface GeonodePlace {
  python: string;
  postgis: PostgisServer;
  /** Url of the main database, as PostgisServer gives it. */
  database: string;
  geodatabase: string;
  geoserver: { url: string; user: string; password: string };
  siteUrl: string;
  /** For static and media files. */
  folder: string;
  /** GeoNode alone, without the app. */
  stock?: boolean;
}

/** Everything a GeoNode process needs to know. */
export function geonodeEnvironment(place: GeonodePlace): Record<string, string> {
  const geoserver = place.geoserver.url.replace(/\/*$/, '/');
  return {
    DJANGO_SETTINGS_MODULE: place.stock === true ? 'geonode.settings' : SETTINGS_MODULE,
    PYTHONPATH: place.stock === true ? '' : `${APP_FOLDER}:${SETTINGS_FOLDER}`,
    PYTHONDONTWRITEBYTECODE: '1',
    PYTHONUNBUFFERED: '1',
    DATABASE_URL: place.database.replace(/^\w+:/, 'postgis:'),
    GEODATABASE_URL: place.geodatabase.replace(/^\w+:/, 'postgis:'),
    SITEURL: place.siteUrl.replace(/\/*$/, '/'),
    ALLOWED_HOSTS: "['*']",
    GEOSERVER_LOCATION: geoserver,
    GEOSERVER_PUBLIC_LOCATION: geoserver,
    GEOSERVER_WEB_UI_LOCATION: geoserver,
    GEOSERVER_ADMIN_USER: place.geoserver.user,
    GEOSERVER_ADMIN_PASSWORD: place.geoserver.password,
    ASYNC_SIGNALS: 'False',
    CELERY_TASK_ALWAYS_EAGER: 'True',
    QUICK_LOGINS: 'True',
    MEMCACHED_ENABLED: 'False',
    // no GeoServer of the tests has it
    GEOFENCE_SECURITY_ENABLED: 'False',
    SECRET_KEY: 'a key for tests only',
    STATIC_ROOT: join(place.folder, 'static'),
    MEDIA_ROOT: join(place.folder, 'media'),
  };
}

/**
 * A dump of GeoNode's database with its fixtures and the app's tables: made once (a minute), kept in the cache, made anew
 * where the app's migrations changed. @returns the SQL file
 */
export async function geonodeDump(
  python: string,
  postgis: PostgisServer,
  version: GeonodeVersion = GEONODE_VERSION,
): Promise<string> {
  const stock = await cached(`geonode-${version}-database-${RECIPE}`, async (draft) => {
    await inScratch(python, postgis, undefined, async (manage, place) => {
      await manage(['migrate', '--noinput'], true);
      const packages = await runInstaller(python, ['-c', 'import geonode; print(geonode.__path__[0])']);
      // by path: Django finds no fixture by the names GeoNode documents
      await manage(['loaddata', ...FIXTURES.map((name) => `${join(packages.trim(), name)}.json`)], true);
      await postgis.dump(place, join(draft, 'dump.sql'));
    });
  });
  const folder = await cached(`geonode-${version}-database-${RECIPE}-${await hashOfMigrations()}`, async (draft) => {
    await inScratch(python, postgis, join(stock, 'dump.sql'), async (manage, place) => {
      await manage(['migrate', '--noinput', 'geosluice_geonode'], false);
      await postgis.dump(place, join(draft, 'dump.sql'));
    });
  });
  return join(folder, 'dump.sql');
}

/**
 * The same of the database of vector data, in which GeoNode only keeps account of its migrations. They take a minute all the
 * same. @returns the SQL file
 */
export async function geodataDump(python: string, postgis: PostgisServer): Promise<string> {
  const name = `geonode-${GEONODE_VERSION}-vectors-${RECIPE}-${await hashOfMigrations()}`;
  // what is done after migrations looks into the main database
  const main = await geonodeDump(python, postgis);
  const folder = await cached(name, async (draft) => {
    await inScratch(python, postgis, main, async (manage, place) => {
      await manage(['migrate', '--noinput', '--database', 'datastore'], false, {
        DEFAULT_BACKEND_DATASTORE: 'datastore',
      });
      await postgis.dump(`${place}_data`, join(draft, 'dump.sql'));
    });
  });
  return join(folder, 'dump.sql');
}

/** Databases of a GeoNode that is gone when the work is done, with no GeoServer behind it. */
export async function onScratchDatabase(
  python: string,
  postgis: PostgisServer,
  dump: string | undefined,
  work: (place: GeonodePlace, name: string) => Promise<void>,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'geosluice-geonode-'));
  const name = `geosluice_scratch_${process.pid}`;
  try {
    const database = await postgis.createDatabase(name, dump);
    const geodatabase = await postgis.createDatabase(`${name}_data`);
    const geoserver = { url: 'http://127.0.0.1:9/geoserver/', user: 'admin', password: 'geoserver' };
    await work({ python, postgis, database, geodatabase, geoserver, siteUrl: 'http://127.0.0.1:9/', folder }, name);
  } finally {
    await postgis.dropDatabase(name);
    await postgis.dropDatabase(`${name}_data`);
    await removeFolder(folder);
  }
}

type Manage = (args: string[], stock: boolean, env?: Record<string, string>) => Promise<unknown>;

async function inScratch(
  python: string,
  postgis: PostgisServer,
  dump: string | undefined,
  work: (manage: Manage, database: string) => Promise<void>,
): Promise<void> {
  await onScratchDatabase(python, postgis, dump, async (place, name) => {
    await work(
      (args, stock, env) =>
        runInstaller(python, ['-m', 'django', ...args], { ...geonodeEnvironment({ ...place, stock }), ...env }),
      name,
    );
  });
}

async function hashOfMigrations(): Promise<string> {
  const folder = join(APP_FOLDER, 'geosluice_geonode/migrations');
  const hash = createHash('sha256');
  for (const name of (await readdir(folder)).filter((file) => file.endsWith('.py')).sort()) {
    hash.update(`${name}\n`).update(await readFile(join(folder, name)));
  }
  return hash.digest('hex').slice(0, 12);
}
