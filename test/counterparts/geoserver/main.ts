import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { createGeoServer } from '@geosluice/geoserver';
import { SILENT } from '@geosluice/jobs';
import { startS3 } from '../s3.ts';
import { startGeoServer } from './index.ts';
import { clientOf, makeRaster } from './subject.ts';

/** Starts an S3 and a GeoServer of two nodes, publishes one raster, prints its map's address, and runs until Ctrl-C. */
const s3 = await startS3('seaweedfs');
const standIn = await startGeoServer({ s3, nodes: 2 });
const object = { bucket: s3.bucket, key: 'rasters/demo/v1/rgb_utm.tif' };
const client = clientOf(s3);
const Body = await readFile(new URL('../../fixtures/rasters/rgb_utm.tif', import.meta.url));
await client.send(new PutObjectCommand({ Bucket: object.bucket, Key: object.key, Body }));
client.destroy();

const { facts } = makeRaster({ width: 512, height: 512, bands: 3, epsg: 32633 });
const geoserver = createGeoServer({
  url: standIn.url,
  nodes: standIn.nodes,
  user: standIn.user,
  password: standIn.password,
  s3geotiff: { alias: standIn.alias },
  cog: { range: 'S3' },
});
const signal = AbortSignal.timeout(60_000);
const [dataset, title, abstract] = ['demo', 'A raster of three bands', ''];
const isOurs = (url: string) => url.includes(`/${dataset}/`);
const what = {
  workspace: 'demo',
  name: 'rgb',
  storeType: 's3geotiff',
  title,
  abstract,
  keywords: [],
  dataset,
} as const;
const layer = await geoserver.publish({ ...what, object, facts, isOurs, signal, log: SILENT });
await geoserver.drawn({ layer, object, facts, signal, log: SILENT });
const box = facts.nativeBbox.join(',');
const query = `service=WMS&version=1.1.1&request=GetMap&layers=rgb&styles=&bbox=${box}&srs=EPSG:32633&width=512&height=512&format=image/png`;
console.log(`${layer.wms}?${query}`);

if (!process.argv.includes('--once')) await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
await geoserver.close();
await standIn.stop();
await s3.stop();
