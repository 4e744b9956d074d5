import type { Latencies } from '../../../counterparts/geoserver/latencies.ts';
import type { S3Access } from '../../../counterparts/geoserver/sources.ts';

/** What the program is to start. */
export type ClusterOrder = {
  /** Of the program's own HTTP. */
  port: number;
} & (
  | {
      s3: S3Access;
      alias: string;
      user: string;
      password: string;
      latencies: Latencies;
      /** Milliseconds after which each node hears of a change; the primary, first, makes it. */
      lagMs: number[];
    }
  /** Urls of the nodes of a GeoServer that is there, the primary first. */
  | { real: string[] }
);

/** What the program tells. */
export interface Told {
  /** Urls, the primary first. */
  nodes: string[];
  /** Requests of each node since it was last told. */
  requests: number[];
}
