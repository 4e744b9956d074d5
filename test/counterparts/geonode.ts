import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { geonodeDump, geonodeEnvironment } from './geonode-database.ts';
import { GEONODE_VERSION, GEONODE_VERSIONS, type GeonodeVersion, geonodePython } from './geonode-python.ts';
import { type PostgisServer, startPostgis } from './postgis.ts';
import { removeFolder, startProcess, withFreshPorts } from './server-process.ts';

const ADMIN = { user: 'admin', password: 'admin' };
const THREADS = 8;
const MANAGE_TIMEOUT_MS = 180_000;

const NAMED = process.env.GEOSLUICE_TEST_GEONODE_URL ?? '';
/** One that runs elsewhere: it can be asked, and not looked into. */
export const geonodeIsNamed = NAMED !== '';
/** Every release that is served, or the named one alone. */
export const TESTED_VERSIONS: readonly GeonodeVersion[] = geonodeIsNamed ? [GEONODE_VERSION] : GEONODE_VERSIONS;

export interface GeonodeOptions {
  /** The GeoServer that GeoNode believes in; it need not answer. */
  geoserver: { url: string; user: string; password: string };
  /** A PostGIS to make its databases on; one of its own where absent. */
  database?: PostgisServer;
  /** Of GeoNode; the newest where absent. */
  version?: GeonodeVersion;
  /** SQL that fills its database; what a fresh GeoNode has where absent. */
  dump?: string | undefined;
  /** A free one where absent. */
  port?: number;
  /** The settings module, e.g. that of our image; one for tests where absent. */
  settings?: string;
  /** What the settings module needs besides. */
  env?: Record<string, string>;
}

export interface ManageResult {
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface GeonodeServer {
  /** Without a slash at its end. */
  url: string;
  user: string;
  password: string;
  databaseUrl: string;
  /** Of its process; null where it runs elsewhere. */
  pid: number | null;
  /** The Python that has GeoNode, and the environment its processes need: for commands that stay up. */
  python: string;
  env: Record<string, string>;
  /** Runs `manage.py` with the server's settings. */
  manage(args: readonly string[], options?: { stdin?: string; env?: Record<string, string> }): Promise<ManageResult>;
  logs(): string;
  stop(): Promise<void>;
}

/**
 * A real GeoNode with the registration app, on a real PostGIS: the one that GEOSLUICE_TEST_GEONODE_URL, _USER and _PASSWORD
 * name (without `manage`), else one installed from its packages (first time about two minutes, then ten seconds).
 */
export async function startGeonode(options: GeonodeOptions): Promise<GeonodeServer> {
  if (geonodeIsNamed) return namedServer(NAMED);
  const version = options.version ?? GEONODE_VERSION;
  const python = await geonodePython(version);
  const postgis = options.database ?? (await startPostgis());
  const stopPostgis = options.database === undefined ? postgis.stop : async () => {};
  const folder = await mkdtemp(join(tmpdir(), 'geosluice-geonode-'));
  const name = `geonode_${process.pid}_${Date.now()}`;
  const cleanUp = async (): Promise<void> => {
    if (options.database !== undefined) {
      await postgis.dropDatabase(name);
      await postgis.dropDatabase(`${name}_data`);
    }
    await stopPostgis();
    await removeFolder(folder);
  };
  try {
    for (const kept of ['static', 'media']) await mkdir(join(folder, kept));
    const dump = options.dump ?? (await geonodeDump(python, postgis, version));
    const database = await postgis.createDatabase(name, dump);
    const geodatabase = await postgis.createDatabase(`${name}_data`);
    const serve = async (port: number): Promise<GeonodeServer> => {
      const url = `http://127.0.0.1:${port}`;
      const place = { python, postgis, database, geodatabase, geoserver: options.geoserver, siteUrl: url, folder };
      const settings = options.settings === undefined ? {} : { DJANGO_SETTINGS_MODULE: options.settings };
      const env = { ...geonodeEnvironment(place), ...settings, ...options.env };
      const running = await startProcess({
        name: 'GeoNode',
        command: python,
        args: ['-m', 'waitress', `--listen=127.0.0.1:${port}`, `--threads=${THREADS}`, 'geonode.wsgi:application'],
        folder,
        env,
        probe: () => answers(url),
        readyWithinMs: 120_000,
      });
      const stop = async (): Promise<void> => {
        await running.end('SIGKILL');
        await cleanUp();
      };
      const manage: GeonodeServer['manage'] = (args, given = {}) =>
        runManage(python, args, { ...env, ...given.env }, given.stdin);
      const { pid, logs } = running;
      return { url, ...ADMIN, databaseUrl: database, pid, python, env, manage, logs, stop };
    };
    if (options.port !== undefined) return await serve(options.port);
    return await withFreshPorts(1, ([port]) => serve(port!));
  } catch (error) {
    await cleanUp();
    throw error;
  }
}

async function answers(url: string): Promise<void> {
  const response = await fetch(`${url}/api/v2/datasets/?page_size=1`, { signal: AbortSignal.timeout(60_000) });
  await response.body?.cancel();
  if (response.status !== 200) throw new Error(`GeoNode answers ${response.status}`);
}

async function runManage(
  python: string,
  args: readonly string[],
  env: Record<string, string>,
  stdin = '',
): Promise<ManageResult> {
  const child = spawn(python, ['-m', 'django', ...args], {
    env: { ...process.env, ...env },
    timeout: MANAGE_TIMEOUT_MS,
  });
  const output = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (text: string) => {
      output[stream] += text;
    });
  }
  child.stdin.on('error', () => {});
  child.stdin.end(stdin);
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, ...output };
}

async function namedServer(url: string): Promise<GeonodeServer> {
  const server = url.replace(/\/+$/, '');
  await answers(server);
  return {
    url: server,
    user: process.env.GEOSLUICE_TEST_GEONODE_USER ?? ADMIN.user,
    password: process.env.GEOSLUICE_TEST_GEONODE_PASSWORD ?? ADMIN.password,
    databaseUrl: '',
    pid: null,
    python: '',
    env: {},
    manage: () => Promise.reject(new Error('a GeoNode that was named by environment has no manage.py here')),
    logs: () => '',
    stop: async () => {},
  };
}
