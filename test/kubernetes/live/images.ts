import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundle } from '../../../scripts/build.ts';
import { activemqImage } from '../../counterparts/activemq/image.ts';
import { exists } from '../../counterparts/cache.ts';
import { APP_FOLDER, geodataDump, geonodeDump } from '../../counterparts/geonode-database.ts';
import { GEONODE_VERSION, geonodePython } from '../../counterparts/geonode-python.ts';
import { geoserverImage } from '../../counterparts/geoserver/image.ts';
import { aptInstall } from '../../counterparts/packages.ts';
import { startPostgis } from '../../counterparts/postgis.ts';
import { versitygwProgram } from '../../counterparts/s3.ts';
import type { ImageTable, LocalImage } from '../kubelet/images.ts';

const PROGRAMS = join(import.meta.dirname, 'programs');
const NODE = { '/usr/local/bin/node': process.execPath };

/** Names of our images, and the bundles that their entrypoints run. */
const BUNDLES = {
  discover: 'discover',
  upload: 'upload',
  publish: 'publish',
  register: 'register',
  gateway: 'gateway',
  'external-metrics': 'external-metrics',
  cli: 'standalone',
} as const;

export interface LiveImages {
  table: ImageTable;
  /** Removes the bundles. */
  remove(): Promise<void>;
}

/** Which images of the charts stand for what on this machine. GeoNode's are made ready only where they are asked for. */
export async function liveImages(options: { geonode: boolean }): Promise<LiveImages> {
  const folder = await mkdtemp(join(tmpdir(), 'geosluice-bundles-'));
  await bundle(folder);
  const found = new Map<string, LocalImage>(
    Object.entries(BUNDLES).map(([name, file]) => [
      `geosluice/${name}`,
      { entrypoint: ['node', `/app/bin/${file}.mjs`], files: { ...NODE, '/app': folder }, user: 65532, group: 65532 },
    ]),
  );
  const redis = await redisImage();
  for (const name of ['redis', 'docker.io/library/redis']) found.set(name, redis);
  if (options.geonode) {
    found.set('geosluice/geonode', await geonodeImage());
    found.set('geosluice/geoserver', geoserverImage());
    found.set('apache/activemq-classic', await activemqImage());
    found.set('postgis/postgis', await postgisImage());
    found.set('minio/minio', await s3Image());
  }
  return {
    table: (image) => found.get(image.replace(/:[^:/]*$/, '')) ?? null,
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

/** Debian's Redis is one program under several names. */
async function redisImage(): Promise<LocalImage> {
  const program = '/usr/bin/redis-check-rdb';
  if (!(await exists(program))) await aptInstall('redis-tools');
  return {
    is: 'Redis of Debian',
    entrypoint: ['redis-server'],
    files: { '/usr/local/bin/redis-server': program },
    workingDir: '/data',
    user: 999,
  };
}

/** GeoNode from its packages, served by waitress in place of uWSGI. */
async function geonodeImage(): Promise<LocalImage> {
  const python = await geonodePython();
  const program = (name: string) => [`/usr/local/bin/${name}`, join(PROGRAMS, `${name}.sh`)] as const;
  return {
    is: `GeoNode ${GEONODE_VERSION} from its packages: Django by waitress, Celery`,
    entrypoint: ['python'],
    files: Object.fromEntries(['python', 'celery', 'uwsgi'].map(program)),
    env: { GEONODE_PYTHON: python, PYTHONPATH: APP_FOLDER, PYTHONDONTWRITEBYTECODE: '1' },
    user: 65532,
    group: 65532,
  };
}

/** Debian's PostGIS; GeoNode's databases come migrated, since the bootstrap's migrations are tested by themselves. */
async function postgisImage(): Promise<LocalImage> {
  const server = await startPostgis();
  try {
    const python = await geonodePython();
    const [dump, geodata] = [await geonodeDump(python, server), await geodataDump(python, server)];
    return {
      is: 'PostgreSQL and PostGIS of Debian',
      entrypoint: ['/usr/local/bin/docker-entrypoint.sh'],
      args: ['postgres'],
      files: { '/usr/local/bin/docker-entrypoint.sh': join(PROGRAMS, 'postgis.sh') },
      env: { GEONODE_DUMP: dump, GEODATA_DUMP: geodata },
      user: 999,
      group: 999,
    };
  } finally {
    await server.stop();
  }
}

async function s3Image(): Promise<LocalImage> {
  return {
    is: 'versitygw in place of MinIO',
    entrypoint: ['minio'],
    files: { '/usr/local/bin/minio': join(PROGRAMS, 'minio.sh') },
    env: { VERSITYGW: await versitygwProgram() },
    user: 1000,
    group: 1000,
  };
}
