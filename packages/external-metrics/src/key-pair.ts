import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import type { Log } from '@geosluice/jobs';

export interface KeyPair {
  cert: string;
  key: string;
}

/** Reads certificate and key. @throws Error where a file is missing or empty, or the two do not belong together */
export async function readKeyPair(certFile: string, keyFile: string): Promise<KeyPair> {
  const [cert, key] = await Promise.all([readFile(certFile, 'utf8'), readFile(keyFile, 'utf8')]);
  // a file that is just being written: OpenSSL takes no certificate at all for one that fits every key
  if (cert.trim() === '' || key.trim() === '') throw new Error(`${cert.trim() === '' ? certFile : keyFile} is empty`);
  createSecureContext({ cert, key });
  return { cert, key };
}

export interface WatchOptions {
  certFile: string;
  keyFile: string;
  first: KeyPair;
  changed(pair: KeyPair): void;
  log: Log;
  /** Milliseconds between two looks; 10,000. */
  everyMs?: number;
}

/**
 * Looks again and again whether the files hold another pair. By content: a mounted Secret is replaced by a link, which
 * no watch of the file system tells of everywhere.
 */
export function watchKeyPair({ certFile, keyFile, first, changed, log, everyMs = 10_000 }: WatchOptions): () => void {
  let known = hashOf(first);
  let looking = false;
  const look = async (): Promise<void> => {
    if (looking) return;
    looking = true;
    try {
      const pair = await readKeyPair(certFile, keyFile);
      if (hashOf(pair) === known) return;
      known = hashOf(pair);
      changed(pair);
      log.info({ certFile }, 'Certificate:Read:Done');
    } catch (error) {
      // between the two files of a replacement; the old pair goes on to serve
      log.warn({ certFile, error: (error as Error).message }, 'Certificate:Read:Failed');
    } finally {
      looking = false;
    }
  };
  const timer = setInterval(look, everyMs).unref();
  return () => clearInterval(timer);
}

function hashOf({ cert, key }: KeyPair): string {
  return createHash('sha256').update(cert).update('\0').update(key).digest('hex');
}
