import { join } from 'node:path';
import { cached, exists } from './cache.ts';
import { aptInstall, runInstaller } from './packages.ts';

/** The releases that are tested, the newest first. */
export const GEONODE_VERSIONS = ['5.1.1', '4.4.5'] as const;
export type GeonodeVersion = (typeof GEONODE_VERSIONS)[number];
export const GEONODE_VERSION: GeonodeVersion = GEONODE_VERSIONS[0];

/** Changes where the way of installing below changes. */
const RECIPE = 1;

/** Debian's own: libgdal and its Python binding match each other, which no wheel's do. */
const PYTHON = '/usr/bin/python3';
const DEBIAN_PACKAGES = ['python3-venv', 'python3-gdal', 'libmagic1'];

/**
 * What of GeoNode's requirements is not needed to run it: GDAL comes from Debian, psycopg2 and uWSGI would be compiled
 * (psycopg2-binary and waitress take their place), the rest are its test and lint tools.
 */
const LEFT_OUT = new Set(
  `gdal uwsgi psycopg2 docker invoke coverage requests-toolbelt flake8 black pytest pytest-bdd splinter pytest-splinter
   pytest-django pixelmatch factory-boy flaky selenium selenium-requests webdriver-manager`.split(/\s+/),
);
const ADDED = ['psycopg2-binary==2.9.13', 'waitress==3.0.2', 'packaging'];
/** Would compile a GDAL older than Debian's: they come alone, and what else they need is named. */
const ALONE: Record<GeonodeVersion, { packages: readonly string[]; added: readonly string[] }> = {
  '5.1.1': { packages: [], added: [] },
  '4.4.5': {
    packages: ['geonode-importer==1.1.4'],
    added: ['pdok-geopackage-validator==0.8.5', 'geonode-django-dynamic-model==0.4.0'],
  },
};

const PRINT_REQUIREMENTS = `
import importlib.metadata, json
print(json.dumps(importlib.metadata.requires("GeoNode")))`;

/** Installs GeoNode from its package, once: about four minutes and 700 MB. @returns the Python that has it */
export async function geonodePython(version: GeonodeVersion = GEONODE_VERSION): Promise<string> {
  await ensureDebianPackages();
  const folder = await cached(`geonode-${version}-python-${RECIPE}`, async (draft) => {
    await runInstaller(PYTHON, ['-m', 'venv', '--system-site-packages', draft]);
    const python = join(draft, 'bin', 'python');
    const pip = (...args: string[]): Promise<string> =>
      runInstaller(python, ['-m', 'pip', 'install', '--disable-pip-version-check', ...args]);
    const { packages, added } = ALONE[version];
    await pip('--no-deps', `GeoNode==${version}`, ...packages);
    const declared = JSON.parse(await runInstaller(python, ['-c', PRINT_REQUIREMENTS])) as string[];
    const needed = declared.filter((requirement) => isNeeded(requirement) && !packages.includes(requirement));
    await pip(...needed, ...added, ...ADDED);
  });
  // asked for by module (`python -m`), never by its scripts: those carry the path of the draft
  return join(folder, 'bin', 'python');
}

/** Whether a requirement, as package metadata writes it, is one to install. */
function isNeeded(requirement: string): boolean {
  if (requirement.includes(';')) return false;
  const name = (/^[A-Za-z0-9._-]+/.exec(requirement)?.[0] ?? '').toLowerCase().replaceAll(/[._]/g, '-');
  return !LEFT_OUT.has(name);
}

async function ensureDebianPackages(): Promise<void> {
  if (
    (await exists(PYTHON)) &&
    (await runs(['-c', 'import ctypes, osgeo.gdal, ensurepip, venv; ctypes.CDLL("libmagic.so.1")']))
  )
    return;
  if (process.getuid?.() !== 0)
    throw new Error(`GeoNode needs ${DEBIAN_PACKAGES.join(' ')}: install them, or run the test as root`);
  await aptInstall(...DEBIAN_PACKAGES);
}

async function runs(args: string[]): Promise<boolean> {
  return runInstaller(PYTHON, args).then(
    () => true,
    () => false,
  );
}
