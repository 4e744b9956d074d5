import { lookup as lookupName } from 'node:dns/promises';
import { isIP } from 'node:net';
import { GeoServerError } from './errors.ts';

/** Every address a name has now; none where there is no such name. */
export type Lookup = (host: string) => Promise<readonly string[]>;

/** `dns+http://name:port/path`: one node an address. Plain http only: no certificate names an address that comes and goes. */
const BY_NAME = /^dns\+http:\/\//;

export interface NodesConfig {
  /** The primary's url. */
  url: string;
  /** Urls of nodes, and `dns+http://…` items. */
  nodes: readonly string[];
  lookup?: Lookup | undefined;
  /** Milliseconds an answer of the name service holds. */
  lookupHoldsMs: number;
  /** Milliseconds on a clock that only goes forward. */
  now?: () => number;
}

/**
 * The nodes there are now, the primary first and none twice. Items that are names are looked up afresh, so that replicas
 * which come and go are seen; a name without addresses adds nothing.
 * @throws GeoServerError GEOSERVER_DOWN where the name service does not answer
 */
export function createNodes(config: NodesConfig): (signal: AbortSignal) => Promise<readonly string[]> {
  const { lookup = lookupByMachine, lookupHoldsMs, now = () => performance.now() } = config;
  const fixed = config.nodes.filter((item) => !BY_NAME.test(item));
  const named = config.nodes.filter((item) => BY_NAME.test(item)).map((item) => new URL(item.slice('dns+'.length)));
  const listed = [...new Set([config.url, ...fixed])];
  let answer: Promise<readonly string[]> | null = null;
  let askedAt = Number.NEGATIVE_INFINITY;

  const ask = async (): Promise<readonly string[]> => {
    // a listed node is known by its own address too, or the primary would count twice
    const own = await Promise.all(listed.map((url) => placesOf(new URL(url), lookup)));
    const known = new Set(own.flat());
    const found = await Promise.all(
      named.map(async (url) => {
        const places = await placesOf(url, lookup);
        return places.map((place) => [place, `http://${place}${url.pathname.replace(/\/+$/, '')}`] as const);
      }),
    );
    const others = new Map(found.flat().filter(([place]) => !known.has(place)));
    return [...listed, ...[...others.values()].sort()];
  };

  return async (signal) => {
    if (named.length === 0) return listed;
    if (answer === null || now() - askedAt >= lookupHoldsMs) {
      askedAt = now();
      answer = ask();
      // what failed is not kept
      answer.catch(() => {
        answer = null;
      });
    }
    return await orAborted(answer, signal);
  };
}

/** `address:port` of every address a url's host has. */
async function placesOf({ hostname, port, protocol }: URL, lookup: Lookup): Promise<string[]> {
  const host = hostname.replace(/^\[|\]$/g, '');
  const at = port === '' ? (protocol === 'https:' ? '443' : '80') : port;
  const addresses = isIP(host) === 0 ? await lookup(host) : [host];
  return addresses.map((address) => (isIP(address) === 6 ? `[${address}]:${at}` : `${address}:${at}`));
}

/** As this machine resolves names, its hosts file included. */
async function lookupByMachine(host: string): Promise<string[]> {
  try {
    return (await lookupName(host, { all: true })).map(({ address }) => address);
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : '';
    if (code === 'ENOTFOUND' || code === 'ENODATA') return [];
    throw new GeoServerError('GEOSERVER_DOWN', `the name ${host} cannot be looked up: ${code || String(cause)}`, {
      node: host,
      cause,
      down: true,
    });
  }
}

async function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = (): void => reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
