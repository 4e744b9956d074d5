import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { decode } from 'fast-png';
import { request as ask } from 'undici';
import { memoryReader } from '../../rasters/memory-reader.ts';
import { openTiff } from '../../rasters/read-pixels.ts';
import { writeTiff } from '../../rasters/write-tiff.ts';
import { type S3Server, startS3 } from '../s3.ts';
import { type Exchange, exchangeNames, readExchange, readPicture } from './contract/exchange.ts';
import { EXEMPT } from './contract/exemptions.ts';
import { ORDER } from './contract/order.ts';
import { type GeoServerStandIn, startGeoServer } from './index.ts';

const FIXTURES = new URL('../../fixtures/rasters/', import.meta.url);
const RASTERS = ['rgb_utm', 'dem_4326', 'nocrs', 'nocrs_geo', 'notatiff', 'truncated'];
/** The server the recording read a COG from by HTTP; the tests' own takes its place. */
const RECORDED_HTTP = 'http://127.0.0.1:7171';

describe('the stand-in answers as the recorded GeoServer did', () => {
  let s3: S3Server;
  let geoserver: GeoServerStandIn;
  let rgb: Buffer;
  let web: ReturnType<typeof createServer>;
  let webUrl: string;

  before(async () => {
    s3 = await startS3('seaweedfs');
    rgb = await readFile(new URL('rgb_utm.tif', FIXTURES));
    await putObjects(s3, rgb);
    web = createServer((_, response) => response.end(rgb)).listen(0, '127.0.0.1');
    await once(web, 'listening');
    webUrl = `http://127.0.0.1:${(web.address() as AddressInfo).port}`;
    geoserver = await startGeoServer({
      s3,
      alias: 'vgw',
      aliases: {
        vgw2: s3,
        badcred: { ...s3, secretKey: 'wrong' },
        // nothing listens on the port of a server that was closed
        down: { ...s3, endpoint: await closedPort() },
      },
      workspaces: ['it.geosolutions', 'topp'],
    });
  });
  after(async () => {
    await geoserver?.stop();
    web?.close();
    await s3?.stop();
  });

  test('every recorded exchange has its place in the order', async () => {
    assert.deepEqual([...ORDER].sort(), (await exchangeNames()).sort());
  });

  for (const name of ORDER) {
    test(name, async () => {
      await prepare(name, geoserver);
      const exchange = await readExchange(name);
      const answer = await send(geoserver, exchange, rgb, webUrl);
      assert.equal(answer.status, exchange.answer.status);
      assert.equal(answer.type, exchange.answer.headers['content-type'] ?? '');
      assert.equal(neutral(answer.location), exchange.answer.headers.location ?? '');
      const exempt = EXEMPT[name];
      if (exempt !== undefined) {
        for (const words of exempt.compared)
          assert.ok(answer.text.includes(words), `${words} is not in ${answer.text}`);
      } else {
        assert.deepEqual(comparable(answer.text, answer.type), comparable(exchange.answer.body, answer.type));
      }
      if (answer.type === 'image/png') comparePixels(answer.bytes, await readPicture(name));
      if (answer.type === 'image/tiff') await compareTiff(answer.bytes, rgb);
    });
  }
});

async function putObjects(s3: S3Server, rgb: Buffer): Promise<void> {
  const client = new S3Client({
    endpoint: s3.endpoint,
    region: s3.region,
    credentials: { accessKeyId: s3.accessKey, secretAccessKey: s3.secretKey },
    forcePathStyle: true,
    requestChecksumCalculation: 'WHEN_REQUIRED',
  });
  await client.send(new CreateBucketCommand({ Bucket: 'geodata' }));
  const put = (Key: string, Body: Uint8Array) => client.send(new PutObjectCommand({ Bucket: 'geodata', Key, Body }));
  for (const name of RASTERS) await put(`${name}.tif`, await readFile(new URL(`${name}.tif`, FIXTURES)));
  await put('striped_utm.tif', await striped(rgb));
  client.destroy();
}

/** rgb_utm uncompressed in strips. */
async function striped(rgb: Uint8Array): Promise<Uint8Array> {
  const tiff = await openTiff(memoryReader(rgb));
  const pixels = await tiff.read({ x: 0, y: 0, width: tiff.width, height: tiff.height });
  return writeTiff({
    width: tiff.width,
    height: tiff.height,
    bands: 3,
    epsg: 32633,
    rowsPerStrip: 16,
    compression: 'none',
    pixel: (x, y, band) => pixels.bands[band]?.[y * tiff.width + x] ?? 0,
  });
}

async function closedPort(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return `http://127.0.0.1:${port}`;
}

/** State that the recorded server had by exchanges that were not recorded. */
async function prepare(name: string, geoserver: GeoServerStandIn): Promise<void> {
  const rest = async (method: 'POST' | 'DELETE', path: string, document?: object) => {
    const authorization = `Basic ${Buffer.from(`${geoserver.user}:${geoserver.password}`).toString('base64')}`;
    const { statusCode, body } = await ask(`${geoserver.url}/rest${path}`, {
      method,
      headers: { authorization, 'content-type': 'application/json' },
      body: document === undefined ? null : JSON.stringify(document),
    });
    await body.dump();
    assert.ok(statusCode < 300, `${method} ${path} gave ${statusCode}`);
  };
  // the truncated layer made the server spin and was taken away
  if (name === '50-imports-get') await rest('DELETE', '/workspaces/wsj/coveragestores/truncated?recurse=true');
  if (name === '70-store-vgw2') await rest('POST', '/workspaces', { workspace: { name: 'race' } });
  if (name === '80-style-missing') {
    await rest('POST', '/workspaces', { workspace: { name: 'ceo' } });
    const store = {
      name: 'scene',
      type: 'S3GeoTiff',
      enabled: true,
      workspace: 'ceo',
      url: 'vgw://geodata/rgb_utm.tif',
    };
    await rest('POST', '/workspaces/ceo/coveragestores', { coverageStore: store });
    const coverage = { name: 'scene', nativeName: 'rgb_utm' };
    await rest('POST', '/workspaces/ceo/coveragestores/scene/coverages', { coverage });
  }
}

async function send(geoserver: GeoServerStandIn, exchange: Exchange, rgb: Buffer, webUrl: string) {
  const { host: _, ...headers } = exchange.headers;
  const sent = exchange.body.startsWith('<246527 bytes>') ? rgb : exchange.body.replaceAll(RECORDED_HTTP, webUrl);
  const {
    statusCode,
    headers: got,
    body,
  } = await ask(new URL(geoserver.url).origin + exchange.path, {
    method: exchange.method as 'GET',
    headers: { ...headers, host: 'geoserver.test' },
    body: sent.length === 0 ? null : sent,
  });
  const bytes = Buffer.from(await body.arrayBuffer());
  return {
    status: statusCode,
    type: String(got['content-type'] ?? ''),
    location: String(got.location ?? ''),
    bytes,
    text: bytes.toString('utf8').replaceAll(webUrl, RECORDED_HTTP),
  };
}

function neutral(text: string): string {
  return text
    .replace(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+ UTC/g, 'DATE')
    .replace(/((?:Extended )?Request ID:?) [^;,)]+/g, '$1 ID')
    .replace(/127\.0\.0\.1:\d+/g, '127.0.0.1:PORT')
    .replace(/\d+\.\d{9,}/g, (number) => Number(number).toFixed(9))
    .trim();
}

function comparable(text: string, type: string): unknown {
  const plain = neutral(text);
  if (!type.includes('json')) return plain;
  const document = JSON.parse(plain);
  // a hash map on the recorded server: its order is another after a change
  document.coverage?.parameters?.entry?.sort((a: object, b: object) =>
    JSON.stringify(a) < JSON.stringify(b) ? -1 : 1,
  );
  return document;
}

/** Colours of the recorded map, at every 16th pixel; a few may be a neighbour's along edges of a reprojection. */
function comparePixels(bytes: Buffer, recorded: Buffer): void {
  const [now, then] = [decode(bytes), decode(recorded)];
  assert.deepEqual([now.width, now.height, now.channels], [then.width, then.height, then.channels]);
  let far = 0;
  let looked = 0;
  for (let y = 8; y < then.height; y += 16) {
    for (let x = 8; x < then.width; x += 16) {
      const at = (y * then.width + x) * then.channels;
      const difference = Array.from({ length: then.channels }, (_, channel) =>
        Math.abs((now.data[at + channel] ?? 0) - (then.data[at + channel] ?? 0)),
      );
      looked += 1;
      if (Math.max(...difference.slice(0, 2)) > 3) far += 1;
    }
  }
  assert.ok(far <= looked * 0.02, `${far} of ${looked} pixels differ from the recorded map`);
}

async function compareTiff(bytes: Buffer, wanted: Buffer): Promise<void> {
  const [now, then] = await Promise.all([bytes, wanted].map((each) => openTiff(memoryReader(each))));
  const window = { x: 100, y: 100, width: 50, height: 50 };
  assert.deepEqual(now?.geotransform, then?.geotransform);
  assert.deepEqual(await now?.read(window), await then?.read(window));
}
