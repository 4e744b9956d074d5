import {
  type DatasetJob,
  datasetIdOf,
  emptyMetadata,
  type IngestOptions,
  type InspectJob,
  JOB_SCHEMA,
  type Location,
  type PublishedLayer,
  parseLocation,
  type RasterFacts,
  type StoredObject,
  type UploadJob,
} from '@geosluice/jobs';

/** Documents for tests of this package; valid, and otherwise without meaning. */
export const FACTS: RasterFacts = {
  ...{ format: 'geotiff', size: 1_000, bigTiff: false, littleEndian: true, width: 10, height: 10, bands: 1 },
  ...{ sampleFormat: 'uint', bitsPerSample: 8, nodata: null, compression: { code: 8, name: 'deflate' } },
  ...{ photometric: 1, tiled: true, blockWidth: 256, blockHeight: 256, overviews: [], cog: true, srs: 'EPSG:4326' },
  ...{ srsDeclared: false, geotransform: [7, 0.1, 0, 51, 0, -0.1], pixelIsPoint: false, nativeBbox: [7, 50, 8, 51] },
  ...{ wgs84Bbox: [7, 50, 8, 51], probeBbox: null, warnings: [] },
};

export const OBJECT: StoredObject = {
  ...{ bucket: 'target', key: 'd/a.tif', size: 1_000, etag: 'e', checksum: null, owned: true },
};

export const LAYER: PublishedLayer = {
  ...{ workspace: 'w', store: 'a', name: 'a', storeType: 's3geotiff', srs: 'EPSG:4326', nativeBbox: [7, 50, 8, 51] },
  ...{ wgs84Bbox: [7, 50, 8, 51], wms: 'http://geoserver.test/w/a/wms', style: null },
};

export const REGISTERED = { pk: 1, uuid: 'u', url: 'http://geonode.test/1' };

export function locationOf(name: string): Location {
  return parseLocation(`s3://inbox/${name}`);
}

export function inspectJob(name: string, changes: Partial<InspectJob> = {}): InspectJob {
  const location = locationOf(name);
  return {
    ...{ schema: JOB_SCHEMA, stage: 'discover', kind: 'inspect', ingestion: 'i1', options: {} },
    ...{ dataset: datasetIdOf(location), location, reason: 'requested', force: false, nonce: '', seen: 'v' },
    ...changes,
  };
}

export function datasetJob(
  location: Location,
  road: { generation: number; version: string; options?: IngestOptions; ingestion?: string },
): DatasetJob {
  const { generation, version, options = {}, ingestion = 'i1' } = road;
  return {
    ...{ schema: JOB_SCHEMA, ingestion, options, dataset: datasetIdOf(location), generation, version, location },
    ...{ fingerprint: { size: 1_000, etag: 'e' }, workspace: 'w', name: 'a', facts: FACTS },
    ...{ metadata: emptyMetadata(), metadataState: 'none', sidecar: null, style: null, expectedSha256: null },
    spool: null,
  };
}

export function uploadJob(name: string, generation = 1, version = 'aaaaaaaaaa-0'): UploadJob {
  return { ...datasetJob(locationOf(name), { generation, version }), stage: 'upload', kind: 'add' };
}
