import type { Job, PublishedLayer, StoredObject, UploadJob } from '../jobs.ts';
import { datasetIdOf } from '../location.ts';
import { emptyMetadata } from '../metadata.ts';
import { formatVersion, versionOf } from '../version.ts';

const location = { kind: 's3', bucket: 'inbox', key: 'a/dem.tif' } as const;
const fingerprint = { size: 1000, etag: 'abc' };
const dataset = datasetIdOf(location);

/** One valid job of each stage and kind, for tests. */
export function exampleJobs(): Job[] {
  const common = { schema: 1, ingestion: 'i1', options: {} } as const;
  const upload: UploadJob = {
    ...common,
    stage: 'upload',
    kind: 'add',
    dataset,
    generation: 1,
    version: formatVersion(versionOf(fingerprint, [], {})),
    location,
    fingerprint,
    workspace: 'geosluice',
    name: 'dem',
    facts: {
      format: 'geotiff',
      size: 1000,
      bigTiff: false,
      littleEndian: true,
      width: 10,
      height: 10,
      bands: 1,
      sampleFormat: 'int',
      bitsPerSample: 16,
      nodata: '-9999',
      compression: { code: 8, name: 'deflate' },
      photometric: 1,
      tiled: true,
      blockWidth: 256,
      blockHeight: 256,
      overviews: [],
      cog: false,
      srs: 'EPSG:4326',
      srsDeclared: false,
      geotransform: [3, 0.1, 0, 8, 0, -0.1],
      pixelIsPoint: false,
      nativeBbox: [3, 7, 4, 8],
      wgs84Bbox: [3, 7, 4, 8],
      probeBbox: [3, 7, 4, 8],
      warnings: ['no-overviews'],
    },
    metadata: emptyMetadata(),
    metadataState: 'none',
    sidecar: null,
    style: null,
    expectedSha256: null,
    spool: null,
  };
  const object: StoredObject = {
    bucket: 'geodata',
    key: 'p/d/r/dem.tif',
    size: 1000,
    etag: 'e',
    checksum: null,
    owned: true,
  };
  const layer: PublishedLayer = {
    workspace: 'geosluice',
    store: 'dem',
    name: 'dem',
    storeType: 's3geotiff',
    srs: 'EPSG:4326',
    nativeBbox: [3, 7, 4, 8],
    wgs84Bbox: [3, 7, 4, 8],
    wms: 'http://geoserver.test/geoserver/geosluice/dem/wms',
    style: null,
  };
  const remove = {
    ...common,
    kind: 'remove',
    dataset,
    generation: 2,
    version: upload.version,
    workspace: 'geosluice',
    name: 'dem',
    object,
    mode: 'delete',
  } as const;
  return [
    { ...common, stage: 'discover', kind: 'list', source: { kind: 's3', bucket: 'inbox', key: 'a/' }, depth: 0 },
    {
      ...common,
      stage: 'discover',
      kind: 'inspect',
      dataset,
      location,
      reason: 'listed',
      force: false,
      nonce: '',
      seen: upload.version,
    },
    upload,
    {
      ...common,
      stage: 'upload',
      kind: 'part',
      dataset,
      generation: 1,
      version: upload.version,
      location,
      fingerprint,
      name: 'dem',
      partSize: 100,
      first: 3,
      last: 4,
    },
    { ...upload, stage: 'publish', object },
    { ...upload, stage: 'register', object, layer },
    { ...remove, stage: 'register' },
    { ...remove, stage: 'publish' },
    { ...remove, stage: 'upload' },
  ];
}
