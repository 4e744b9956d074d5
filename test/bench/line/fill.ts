import {
  type DatasetJob,
  datasetIdOf,
  emptyMetadata,
  JOB_SCHEMA,
  type RegisterJob,
  type S3Location,
} from '@geosluice/jobs';
import type { Pipeline } from '@geosluice/pipeline';

const CHUNK = 500;
const INGESTION = 'bench';

/** Fills the queue of the register stage, every job's dataset known to the ledger, as the stages before would have left it. */
export async function fillRegister(pipeline: Pipeline, jobs: number): Promise<void> {
  for (let from = 0; from < jobs; from += CHUNK) {
    const some = Array.from({ length: Math.min(CHUNK, jobs - from) }, (_, at) => registerJob(from + at));
    await Promise.all(some.map((job) => known(pipeline, job)));
    await pipeline.queues.add(some);
  }
}

async function known(pipeline: Pipeline, { dataset, location, version, options }: RegisterJob): Promise<void> {
  const claim = {
    dataset,
    location,
    version,
    options,
    ingestion: INGESTION,
    expected: 0,
    takenBy: `${dataset}.${version}`,
  };
  if ((await pipeline.ledger.takeGeneration(claim)) !== 1) throw new Error(`${dataset} was known already`);
}

/** A job as the publish stage gives it for a small raster. */
function registerJob(index: number): RegisterJob {
  const name = `raster_${index}`;
  const location: S3Location = { kind: 's3', bucket: 'inbox', key: `lot/${name}.tif` };
  const dataset = datasetIdOf(location);
  const box: [number, number, number, number] = [400_000, 898_080, 402_880, 900_000];
  const wgs84: [number, number, number, number] = [2.1, 8.12, 2.13, 8.14];
  const size = 7_000;
  const base: DatasetJob = {
    ...{ schema: JOB_SCHEMA, ingestion: INGESTION, options: { priority: 'bulk' }, dataset, generation: 1, location },
    ...{ version: 'aaaaaaaaaa-0', fingerprint: { size, etag: 'e'.repeat(32) }, workspace: 'bench', name },
    facts: {
      ...{ format: 'geotiff', size, bigTiff: false, littleEndian: true, width: 96, height: 64, bands: 1 },
      ...{ sampleFormat: 'uint', bitsPerSample: 8, nodata: null, compression: { code: 8, name: 'deflate' } },
      ...{ photometric: 1, tiled: true, blockWidth: 32, blockHeight: 32, overviews: [], cog: false },
      ...{ srs: 'EPSG:32631', srsDeclared: false, geotransform: [400_000, 30, 0, 900_000, 0, -30] },
      ...{ pixelIsPoint: false, nativeBbox: box, wgs84Bbox: wgs84, probeBbox: null, warnings: [] },
    },
    ...{
      metadata: emptyMetadata(),
      metadataState: 'none',
      sidecar: null,
      style: null,
      expectedSha256: null,
      spool: null,
    },
  };
  return {
    ...{ ...base, stage: 'register', kind: 'add' },
    object: {
      bucket: 'target',
      key: `rasters/${dataset}/v/${name}.tif`,
      size,
      etag: 'e'.repeat(32),
      checksum: null,
      owned: true,
    },
    layer: {
      ...{ workspace: 'bench', store: name, name, storeType: 's3geotiff', srs: 'EPSG:32631', nativeBbox: box },
      ...{ wgs84Bbox: wgs84, wms: `http://geoserver.test/bench/${name}/wms`, style: null },
    },
  };
}
