import type { Bbox, DatasetMetadata, IngestOptions, RangeReader, RasterFacts, StageLedger } from '@geosluice/jobs';
import type { Rules } from '@geosluice/rules';
import type { Target } from '../keys.ts';
import type { SourcesPort, StorePort } from '../ports.ts';

export interface DiscoverPorts {
  sources: SourcesPort;
  store: StorePort;
  ledger: StageLedger;
  /** Header facts by range reads; packages/formats/geotiff. @throws GeoTiffError */
  readRaster(
    reader: RangeReader,
    options: {
      srs?: string;
      beside: { worldfile: boolean; projection: boolean; pam: boolean; overviews: boolean };
      signal: AbortSignal;
    },
  ): Promise<RasterFacts>;
  /** One sidecar of any dialect; packages/metadata. @throws MetadataError */
  readSidecar(
    bytes: Uint8Array,
    options: { name: string; raster: { wgs84Bbox: Bbox; srs: string }; stem: string; language?: string },
  ): DatasetMetadata;
  /** Takes away a layer whose file is gone, by its rule. */
  remove(dataset: string, mode: 'unpublish' | 'delete'): Promise<void>;
  target: Target;
  /** What the deployment says of files by where they come from. */
  rules: Rules;
  /** What holds where neither a request nor a rule says anything. */
  defaults: RuleDefaults;
  /** Milliseconds between two looks at a source that settles by them. */
  settleMs: number;
  /** Largest body without length that is spooled, in bytes. */
  maxSpoolBytes: number;
}

/** What a deployment's settings say; `workspace`, `metadata` and its grace always have a value. */
export interface RuleDefaults
  extends Pick<IngestOptions, 'language' | 'storage' | 'after' | 'store' | 'permissions' | 'owner' | 'group'> {
  workspace: string;
  metadata: 'optional' | 'required';
  metadataGraceSeconds: number;
}
