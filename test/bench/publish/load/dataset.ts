import { createHash } from 'node:crypto';
import {
  type DatasetJob,
  datasetIdOf,
  emptyMetadata,
  formatVersion,
  type InspectJob,
  JOB_SCHEMA,
  type PublishedLayer,
  type PublishJob,
  type RasterFacts,
  type RegisterJob,
  type S3Location,
  type UploadJob,
  versionOf,
} from '@geosluice/jobs';
import { readRaster } from '../../../../packages/formats/geotiff/src/read-raster.ts';
import { deriveLayerName, deriveTitle } from '../../../../packages/stages/src/discover/name.ts';
import { rasterKey } from '../../../../packages/stages/src/keys.ts';
import { smallRaster } from '../../../faults/scene.ts';
import { memoryReader } from '../../../rasters/memory-reader.ts';
import { RULE } from './rule.ts';

/** Where a deployment's datasets come from and go to. */
export interface Places {
  inbox: string;
  /** Of the inbox, with a slash at its end. */
  folder: string;
  target: string;
  prefix: string;
  workspace: string;
  /** Of maps: `http://host/geoserver`. */
  publicUrl: string;
}

/** The jobs that one raster becomes on its way, in the order of the stages. */
export interface Road {
  inspect: InspectJob;
  upload: UploadJob;
  publish: PublishJob;
  register: RegisterJob;
}

export interface Raster {
  bytes: Uint8Array;
  /** What discovery reads of its header. */
  facts: RasterFacts;
  /** As S3 has it of bytes that came in one request. */
  etag: string;
}

const POOL = 400;
const rasters = new Map<number, Promise<Raster>>();

/** The raster of a dataset's number; 400 differ, and more datasets than these share them. */
export function rasterOf(index: number): Promise<Raster> {
  const number = index % POOL;
  const made = rasters.get(number) ?? makeRaster(number);
  rasters.set(number, made);
  return made;
}

async function makeRaster(number: number): Promise<Raster> {
  const bytes = smallRaster(number);
  const facts = await readRaster(memoryReader(bytes));
  return { bytes, facts, etag: createHash('md5').update(bytes).digest('hex') };
}

/** Job documents of the dataset of a number: ids, names, keys and versions by the product's own functions. */
export async function roadOf(index: number, ingestion: string, places: Places): Promise<Road> {
  const { inbox, folder, target, prefix, workspace } = places;
  const { bytes, facts, etag } = await rasterOf(index);
  const location: S3Location = { kind: 's3', bucket: inbox, key: `${folder}scene_${index}.tif` };
  const fingerprint = { size: bytes.length, etag };
  const seen = versionOf(fingerprint, [], { rule: RULE });
  const [dataset, name, version] = [datasetIdOf(location), deriveLayerName(location), formatVersion(seen)];
  const common = { schema: JOB_SCHEMA, ingestion, dataset, location } as const;
  const road: DatasetJob = {
    ...common,
    // what a listing asks for, its rule, and a deployment's defaults
    options: {
      ...{ priority: 'bulk', rule: RULE, workspace, storage: 'copy', after: 'keep', metadata: 'optional' },
      ...{ metadataGraceSeconds: 600, permissions: 'public' },
    },
    ...{ generation: 1, version, fingerprint, workspace, name, facts },
    metadata: { ...emptyMetadata(), title: deriveTitle(location) },
    ...{ metadataState: 'none', sidecar: null, style: null, expectedSha256: null, spool: null },
  };
  const { key } = rasterKey({ bucket: target, prefix }, dataset, seen, name);
  const object = { bucket: target, key, size: bytes.length, etag, checksum: null, owned: true };
  return {
    inspect: {
      ...common,
      ...{ stage: 'discover', kind: 'inspect', options: { priority: 'bulk' }, reason: 'listed' },
      ...{ force: false, nonce: '', seen: version },
    },
    upload: { ...road, stage: 'upload', kind: 'add' },
    publish: { ...road, stage: 'publish', kind: 'add', object },
    register: { ...road, stage: 'register', kind: 'add', object, layer: layerOf(road, places) },
  };
}

function layerOf({ name, facts }: DatasetJob, { workspace, publicUrl }: Places): PublishedLayer {
  const { srs, nativeBbox, wgs84Bbox } = facts;
  return {
    ...{ workspace, store: name, name, storeType: 's3geotiff', srs, nativeBbox, wgs84Bbox, style: null },
    wms: `${publicUrl}/${encodeURIComponent(workspace)}/${encodeURIComponent(name)}/wms`,
  };
}
