import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { createGeoServer, type GeoServer, type PublishRequest } from '@geosluice/geoserver';
import { type RasterFacts, SILENT } from '@geosluice/jobs';
import { type TiffOptions, writeTiff } from '../../rasters/write-tiff.ts';
import { type S3Server, startS3 } from '../s3.ts';
import { type GeoServerOptions, type GeoServerStandIn, startGeoServer } from './index.ts';

/** A GeoServer to test against, with the object store it reads. */
export interface Subject {
  geoserver: GeoServer;
  /** A client with other waits, for tests of failure. */
  client(overrides: Partial<Parameters<typeof createGeoServer>[0]>): GeoServer;
  /** Asks it by hand, as its administrator. */
  ask(method: string, path: string, body?: { type: string; content: string }): Promise<Response>;
  url: string;
  nodes: string[];
  bucket: string;
  alias: string;
  put(key: string, bytes: Uint8Array): Promise<void>;
  /** Null where GEOSLUICE_TEST_GEOSERVER_URL names a real one. */
  standIn: GeoServerStandIn | null;
  s3: S3Server;
  stop(): Promise<void>;
}

/**
 * The GeoServer that GEOSLUICE_TEST_GEOSERVER_{URL,USER,PASSWORD,S3_ALIAS,NODES} name (with
 * GEOSLUICE_TEST_S3_* as the store its alias stands for), else the stand-in on a local S3.
 */
export async function startSubject(
  options: Partial<GeoServerOptions> & { onlyStandIn?: boolean } = {},
): Promise<Subject> {
  const { env } = process;
  const s3 = await startS3('seaweedfs');
  const url = options.onlyStandIn === true ? '' : (env.GEOSLUICE_TEST_GEOSERVER_URL ?? '');
  const standIn = url === '' ? await startGeoServer({ s3, nodes: 3, replicationDelayMs: 30, ...options }) : null;
  const where = standIn ?? {
    url,
    nodes: (env.GEOSLUICE_TEST_GEOSERVER_NODES ?? '').split(',').filter((node) => node !== ''),
    user: env.GEOSLUICE_TEST_GEOSERVER_USER ?? 'admin',
    password: env.GEOSLUICE_TEST_GEOSERVER_PASSWORD ?? 'geoserver',
    alias: env.GEOSLUICE_TEST_GEOSERVER_S3_ALIAS ?? '',
  };
  const config: Parameters<typeof createGeoServer>[0] = {
    url: where.url,
    nodes: where.nodes,
    user: where.user,
    password: where.password,
    s3geotiff: { alias: where.alias },
    cog: { range: 'S3' },
    drawnDeadlineMs: 30_000,
    pollMs: [20, 200],
  };
  const clients: GeoServer[] = [];
  const client: Subject['client'] = (overrides) => {
    const made = createGeoServer({ ...config, ...overrides });
    clients.push(made);
    return made;
  };
  const s3Client = clientOf(s3);
  return {
    geoserver: client({}),
    client,
    ask: (method, path, body) => {
      const authorization = `Basic ${Buffer.from(`${where.user}:${where.password}`).toString('base64')}`;
      return fetch(`${where.url}${path}`, {
        method,
        headers: { authorization, ...(body === undefined ? {} : { 'content-type': body.type }) },
        ...(body === undefined ? {} : { body: body.content }),
      });
    },
    url: where.url,
    nodes: where.nodes.length === 0 ? [where.url] : where.nodes,
    bucket: s3.bucket,
    alias: where.alias,
    async put(Key, Body) {
      await s3Client.send(new PutObjectCommand({ Bucket: s3.bucket, Key, Body }));
    },
    standIn,
    s3,
    async stop() {
      await Promise.all(clients.map((each) => each.close()));
      s3Client.destroy();
      await standIn?.stop();
      await s3.stop();
    },
  };
}

export function clientOf(s3: S3Server): S3Client {
  return new S3Client({
    endpoint: s3.endpoint,
    region: s3.region,
    credentials: { accessKeyId: s3.accessKey, secretAccessKey: s3.secretKey },
    forcePathStyle: true,
    requestChecksumCalculation: 'WHEN_REQUIRED',
  });
}

export async function createBucket(s3: S3Server, name: string): Promise<void> {
  const client = clientOf(s3);
  await client.send(new CreateBucketCommand({ Bucket: name }));
  client.destroy();
}

export type Raster = Pick<
  TiffOptions,
  'width' | 'height' | 'bands' | 'epsg' | 'pixel' | 'nodata' | 'sparse' | 'sampleFormat' | 'bits'
> & { origin?: readonly [number, number]; pixelSize?: number };

/** A raster of 10 m pixels in UTM 33N, and what discovery would say of it. */
export function makeRaster(raster: Raster, srs = 'EPSG:32633'): { bytes: Uint8Array; facts: RasterFacts } {
  const { origin = [500_000, 5_100_000], pixelSize = 10, width, height } = raster;
  const bytes = writeTiff({ ...raster, origin, pixelSize, tileSize: 64 });
  const box = [origin[0], origin[1] - height * pixelSize, origin[0] + width * pixelSize, origin[1]] as const;
  const facts: RasterFacts = {
    format: 'geotiff',
    size: bytes.length,
    bigTiff: false,
    littleEndian: true,
    width,
    height,
    bands: raster.bands ?? 1,
    sampleFormat: raster.sampleFormat ?? 'uint',
    bitsPerSample: raster.bits ?? 8,
    nodata: raster.nodata === undefined ? null : String(raster.nodata),
    compression: { code: 8, name: 'deflate' },
    photometric: raster.bands === 3 ? 2 : 1,
    tiled: true,
    blockWidth: 64,
    blockHeight: 64,
    overviews: [],
    cog: false,
    srs,
    srsDeclared: raster.epsg === undefined,
    geotransform: [origin[0], pixelSize, 0, origin[1], 0, -pixelSize],
    pixelIsPoint: false,
    nativeBbox: [...box],
    wgs84Bbox: [15, 46, 15.1, 46.1],
    probeBbox: raster.sparse === undefined ? [...box] : null,
    warnings: [],
  };
  return { bytes, facts };
}

let count = 0;

/** A request for a fresh name in the workspace of the tests; its object is still to be put. */
export function requestFor(
  subject: Subject,
  facts: RasterFacts,
  overrides: Partial<PublishRequest> = {},
): PublishRequest {
  count += 1;
  const name = `layer_${process.pid}_${count}`;
  const dataset = `dataset-${process.pid}-${count}`;
  return {
    workspace: 'geosluice_test',
    name,
    dataset,
    storeType: 's3geotiff',
    object: { bucket: subject.bucket, key: `rasters/${dataset}/v1/${name}.tif` },
    facts,
    title: 'A scene',
    abstract: 'What it shows',
    keywords: ['one', 'two'],
    isOurs: (url) => url.includes(`/${dataset}/`),
    signal: AbortSignal.timeout(60_000),
    log: SILENT,
    ...overrides,
  };
}
