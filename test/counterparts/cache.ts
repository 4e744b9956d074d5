import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

/** Where installed counterparts are kept between runs. The folder may vanish at any time: everything is installed again. */
export function cacheFolder(): string {
  return process.env.GEOSLUICE_CACHE ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'geosluice');
}

/** A lock older than this belongs to an install that hangs, or to another machine's process. */
const LOCK_STALE_MS = 20 * 60_000;

/**
 * The folder of an installed thing, installing it first where it is missing. Atomic: `install` fills a folder of its own,
 * which is renamed when it is complete. Processes that want the same thing at once wait for one of them.
 * @param name names the thing and its version, e.g. `versitygw-1.8.0`
 */
export async function cached(name: string, install: (folder: string) => Promise<void>): Promise<string> {
  const root = cacheFolder();
  const folder = join(root, name);
  await mkdir(root, { recursive: true });
  while (!(await exists(folder))) {
    const unlock = await lock(join(root, `${name}.lock`));
    if (unlock === null) {
      await wait(200);
      continue;
    }
    const draft = join(root, `${name}.draft-${process.pid}-${randomBytes(4).toString('hex')}`);
    try {
      if (await exists(folder)) break;
      await mkdir(draft, { recursive: true });
      await install(draft);
      await rename(draft, folder).catch(async (error: NodeJS.ErrnoException) => {
        // two installs met in spite of the lock: the first one's is as good
        if (!(await exists(folder))) throw error;
      });
    } finally {
      await rm(draft, { recursive: true, force: true });
      await unlock();
    }
  }
  return folder;
}

/** @returns how to unlock, or null where a living process holds the lock */
async function lock(path: string): Promise<(() => Promise<void>) | null> {
  try {
    await writeFile(path, `${process.pid}`, { flag: 'wx' });
    // an install that is long at work keeps its lock fresh
    const refresh = setInterval(() => utimes(path, new Date(), new Date()).catch(() => {}), LOCK_STALE_MS / 10);
    refresh.unref();
    return async () => {
      clearInterval(refresh);
      await rm(path, { force: true });
    };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  if (await isStale(path)) await rm(path, { force: true });
  return null;
}

async function isStale(path: string): Promise<boolean> {
  try {
    const [holder, { mtimeMs }] = await Promise.all([readFile(path, 'utf8'), stat(path)]);
    const age = Date.now() - mtimeMs;
    // an empty file is a lock that is being written
    return age > LOCK_STALE_MS || (holder === '' ? age > 5_000 : !isAlive(Number(holder)));
  } catch {
    return false;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

export async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
