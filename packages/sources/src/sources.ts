import type { S3Client } from '@aws-sdk/client-s3';
import type { Location } from '@geosluice/jobs';
import { type AllowList, readAllowList } from './allow.ts';
import { SourceError } from './errors.ts';
import { fileSource } from './file/source.ts';
import { httpsSource } from './https/source.ts';
import { openWeb } from './https/web.ts';
import { DEFAULT_RULES, type NameRules } from './names.ts';
import { s3Source } from './s3/source.ts';
import type { Source } from './source.ts';

export interface SourcesOptions {
  allow: AllowList;
  s3?: {
    /** The client that has access to a bucket; the caller builds and destroys it. */
    clientFor(bucket: string): S3Client;
    /** Keys a page of a listing, up to 1,000. */
    pageSize?: number;
  };
  https?: {
    /** Connections a host; 16 where absent. */
    connections?: number;
    /** Certificates to trust instead of Node's own, PEM. */
    ca?: string;
  };
  /** What counts as a raster, by name; DEFAULT_RULES where absent. */
  rules?: Partial<NameRules>;
  /** Milliseconds without a sign of life before a call is given up; 30,000 where absent. */
  timeoutMs?: number;
}

/** Every source there is, behind one allow-list. */
export interface Sources {
  /** @throws SourceError SOURCE_NOT_ALLOWED */
  for(location: Location): Source;
  allowed(location: Location): boolean;
  /** @throws SourceError SOURCE_NOT_ALLOWED, naming what would have to be added to the configuration */
  checkAllowed(location: Location): void;
  /** Ends connections. */
  close(): Promise<void>;
}

/** @throws SourceError INVALID_OPTIONS where the allow-list cannot be read */
export function openSources(options: SourcesOptions): Sources {
  const { timeoutMs = 30_000, s3 } = options;
  const rules = readRules(options.rules ?? {});
  const allowed = readAllowList(options.allow);
  const { connections = 16, ca } = options.https ?? {};
  const web = openWeb({ rules: allowed.hostRules, timeoutMs, connections, ca });
  const objects = s3 === undefined ? undefined : s3Source({ ...s3, rules, timeoutMs });
  const sources: Partial<Record<Location['kind'], Source>> = {
    file: fileSource({ roots: options.allow.roots, rules }),
    https: httpsSource({ web, rules, timeoutMs }),
    ...(objects === undefined ? {} : { s3: objects }),
  };
  return {
    for(location) {
      allowed.check(location);
      const source = sources[location.kind];
      if (source === undefined) throw new SourceError('SOURCE_NOT_ALLOWED', 'no S3 is configured to read from');
      return guard(source, allowed.check);
    },
    allowed: allowed.allows,
    checkAllowed: allowed.check,
    async close() {
      objects?.close();
      await web.close();
    },
  };
}

/** Every location is checked, not only the one the source was asked for. */
function guard(source: Source, check: (location: Location) => void): Source {
  const at = (location: Location): Source => {
    check(location);
    return source;
  };
  return {
    settles: source.settles,
    list: async (prefix, options) => at(prefix).list(prefix, options),
    look: async (location, signal) => at(location).look(location, signal),
    rastersAt: async (location, signal) => at(location).rastersAt(location, signal),
    ranged: async (location, signal) => at(location).ranged(location, signal),
    open: async (location, fingerprint, signal) => at(location).open(location, fingerprint, signal),
    read: async (location, fingerprint, options) => at(location).read(location, fingerprint, options),
    stream: async (location, signal) => at(location).stream(location, signal),
    remove: async (location, fingerprint, signal) => at(location).remove(location, fingerprint, signal),
    tag: async (location, fingerprint, tags, signal) => at(location).tag(location, fingerprint, tags, signal),
  };
}

function readRules({ extensions, ignore, magic }: Partial<NameRules>): NameRules {
  const lower = (texts: readonly string[]): string[] => texts.map((text) => text.toLowerCase());
  const dotted = (text: string): string => (text.startsWith('.') ? text : `.${text}`);
  return {
    extensions: extensions === undefined ? DEFAULT_RULES.extensions : lower(extensions).map(dotted),
    ignore: lower(ignore ?? []),
    magic: magic ?? false,
  };
}
