import type { Lookup } from './nodes.ts';
import { OPEN, type WriteGate } from './write-gate.ts';

/** How GeoServer reads objects of type S3GeoTiff. */
export type S3GeoTiffAccess =
  /** `alias://bucket/key`; the alias' endpoint and keys are in the s3.properties of every node. */
  | { alias: string }
  /** `s3://bucket/key?awsRegion=…`: AWS only; the region is the Java enum's name, e.g. `EU_CENTRAL_1`. */
  | { awsRegion: string };

/** How GeoServer reads COGs: by S3 (endpoint and keys from IIO_S3_AWS_* on every node), or by HTTP below a base url. */
export type CogAccess = { range: 'S3' } | { range: 'HTTP'; baseUrl: string };

export interface GeoServerConfig {
  /** The primary, which takes all writes: `http://host:8080/geoserver`. */
  url: string;
  /**
   * Every node that serves maps, the primary included; only the primary where empty. `dns+http://name:8080/geoserver`
   * stands for every address the name has at the time, e.g. of a headless Service.
   */
  nodes: readonly string[];
  /** The addresses of a name; the machine's own way where absent. */
  lookup?: Lookup | undefined;
  /** How long an answer of the name service holds; 5,000. */
  lookupHoldsMs?: number | undefined;
  /** What browsers use; the primary's where absent. */
  publicUrl?: string | undefined;
  user: string;
  password: string;
  s3geotiff: S3GeoTiffAccess;
  cog: CogAccess;
  /** Gives writes their turn; each at once where absent. */
  writes?: WriteGate | undefined;
  /** How long nodes may take to draw a layer after the primary has taken it, or to drop it; 60,000. */
  drawnDeadlineMs?: number | undefined;
  /** How long a write may take; 300,000. An abandoned publish may still be done, so this is long. */
  writeTimeoutMs?: number | undefined;
  /** How long a read may take; 60,000 (reads wait for the same lock as writes). */
  readTimeoutMs?: number | undefined;
  /** How long one map may take; 20,000. */
  mapTimeoutMs?: number | undefined;
  /** Waits between two looks at a node, first and longest; 200 and 3,000. */
  pollMs?: readonly [number, number] | undefined;
}

export type Settings = { [K in Exclude<keyof GeoServerConfig, 'lookup'>]-?: NonNullable<GeoServerConfig[K]> } & {
  lookup?: Lookup | undefined;
};

/** Defaults filled in, trailing slashes cut, the primary first among the nodes and none twice. */
export function settle(config: GeoServerConfig): Settings {
  const url = trim(config.url);
  return {
    ...config,
    url,
    nodes: [...new Set([url, ...config.nodes.map(trim)])],
    publicUrl: trim(config.publicUrl ?? url),
    drawnDeadlineMs: config.drawnDeadlineMs ?? 60_000,
    writeTimeoutMs: config.writeTimeoutMs ?? 300_000,
    readTimeoutMs: config.readTimeoutMs ?? 60_000,
    mapTimeoutMs: config.mapTimeoutMs ?? 20_000,
    pollMs: config.pollMs ?? [200, 3_000],
    lookupHoldsMs: config.lookupHoldsMs ?? 5_000,
    writes: config.writes ?? OPEN,
  };
}

function trim(url: string): string {
  return url.replace(/\/+$/, '');
}
