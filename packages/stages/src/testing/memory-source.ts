import { createHash } from 'node:crypto';
import { type Fingerprint, formatLocation, type Location, parseLocation, Reject } from '@geosluice/jobs';
import type { Candidate, SidecarRole, SourcePort, SourcesPort } from '../ports.ts';

const ROLES: ReadonlyArray<[RegExp, SidecarRole]> = [
  [/\.xml$/, 'metadata'],
  [/\.sld$/, 'style'],
  [/\.sha256$/, 'checksum'],
  [/\.tfw$/, 'worldfile'],
];

/** Files in memory behind the source port, for the stages' own tests. */
export interface MemorySource extends SourcesPort {
  put(uri: string, content: string): void;
  drop(uri: string): void;
  has(uri: string): boolean;
  settles: SourcePort['settles'];
  ranges: boolean;
  tags: Map<string, Record<string, string>>;
}

export function createMemorySource(): MemorySource {
  const files = new Map<string, string>();
  const tags = new Map<string, Record<string, string>>();
  const fingerprintOf = (content: string): Fingerprint => ({
    size: Buffer.byteLength(content),
    etag: createHash('md5').update(content).digest('hex'),
  });
  const contentOf = (location: Location): string => {
    const content = files.get(formatLocation(location));
    if (content === undefined) throw new Reject('SOURCE_GONE', `${formatLocation(location)} is gone`);
    return content;
  };
  const candidateOf = (uri: string): Candidate => {
    const stem = uri.replace(/\.tif$/, '');
    const beside = [...files.keys()].filter((other) => other !== uri && other.startsWith(`${stem}.`)).sort();
    return {
      raster: { location: parseLocation(uri), fingerprint: fingerprintOf(contentOf(parseLocation(uri))) },
      sized: true,
      sidecars: beside.flatMap((other) => {
        const role = ROLES.find(([pattern]) => pattern.test(other))?.[1];
        if (role === undefined) return [];
        const name = other.slice(other.lastIndexOf('/') + 1);
        return [{ role, name, location: parseLocation(other), fingerprint: fingerprintOf(files.get(other) ?? '') }];
      }),
    };
  };
  const source: SourcePort = {
    get settles() {
      return memory.settles;
    },
    async list(prefix, { cursor }) {
      const base = formatLocation(prefix);
      const below = [...files.keys()].filter((uri) => uri.startsWith(base)).sort();
      const rest = below.map((uri) => uri.slice(base.length));
      const folders = new Set(
        rest.filter((name) => name.includes('/')).map((name) => name.slice(0, name.indexOf('/') + 1)),
      );
      const here = rest.filter((name) => !name.includes('/') && name.endsWith('.tif'));
      const [first, second] = [here.slice(0, 2), here.slice(2)];
      const page = cursor === undefined ? first : second;
      return {
        candidates: page.map((name) => candidateOf(base + name)),
        prefixes: cursor === undefined ? [...folders].map((folder) => parseLocation(base + folder)) : [],
        next: cursor === undefined && second.length > 0 ? 'more' : null,
        skipped: { 'folder-marker': 0, 'zero-byte': 0, ignored: 0, neighbour: 0, 'not-a-raster': 0 },
        orphans: [],
      };
    },
    async look(location) {
      contentOf(location);
      return candidateOf(formatLocation(location));
    },
    async rastersAt(location) {
      const stem = formatLocation(location).replace(/\.[^./]+$/, '');
      return [...files.keys()].filter((uri) => uri === `${stem}.tif` || uri === stem).map(parseLocation);
    },
    async ranged() {
      return memory.ranges;
    },
    async open(location, fingerprint) {
      const bytes = Buffer.from(contentOf(location));
      return {
        size: fingerprint.size,
        async readInto(offset, target) {
          target.set(bytes.subarray(offset, offset + target.byteLength));
        },
      };
    },
    async read(location, _fingerprint, { maxBytes }) {
      const bytes = Buffer.from(contentOf(location));
      if (bytes.byteLength > maxBytes) throw new Reject('SOURCE_TOO_LARGE', 'too large');
      return bytes;
    },
    async stream(location) {
      const bytes = Buffer.from(contentOf(location));
      return {
        length: null,
        fingerprint: fingerprintOf(contentOf(location)),
        body: (async function* () {
          yield bytes;
        })(),
      };
    },
    async remove(location) {
      contentOf(location);
      files.delete(formatLocation(location));
    },
    async tag(location, _fingerprint, added) {
      contentOf(location);
      tags.set(formatLocation(location), added);
    },
  };
  const memory: MemorySource = {
    settles: 'at-once',
    ranges: true,
    tags,
    put: (uri, content) => void files.set(uri, content),
    drop: (uri) => void files.delete(uri),
    has: (uri) => files.has(uri),
    for: () => source,
    checkAllowed(location) {
      if (formatLocation(location).startsWith('s3://forbidden/')) throw new Reject('SOURCE_NOT_ALLOWED', 'not allowed');
    },
  };
  return memory;
}
