/** `geosluice smoke` and `geosluice sweep-uploads` against everything they need. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { CreateMultipartUploadCommand, ListMultipartUploadsCommand, S3Client } from '@aws-sdk/client-s3';
import { cliPorts } from '@geosluice/service-standalone';
import { smokeRaster, smokeSidecar } from '../../packages/cli/src/smoke-raster.ts';
import { readSidecar } from '../../packages/metadata/src/index.ts';
import { memoryReader } from '../rasters/memory-reader.ts';
import { openTiff } from '../rasters/read-pixels.ts';
import { layersOf, registeredIn } from '../world/look.ts';
import { geosluice, type OurProcess, startUp } from '../world/processes.ts';
import { startWorld, type World } from '../world/world.ts';

test('the raster it sends is what others read as one', async () => {
  const bytes = smokeRaster();
  assert.ok(bytes.length < 5_000);
  const tiff = await openTiff(memoryReader(bytes));
  assert.deepEqual([tiff.width, tiff.height, tiff.bands, tiff.bits, tiff.epsg], [64, 64, 1, 8, 4326]);
  assert.deepEqual(tiff.geotransform, [0, 0.01, 0, 0.64, 0, -0.01]);
  const { bands } = await tiff.read({ x: 0, y: 0, width: 64, height: 64 });
  assert.deepEqual([bands[0]?.[0], bands[0]?.[63], bands[0]?.[64 * 64 - 1]], [64, 127, 190]);
  assert.equal(readSidecar(Buffer.from(smokeSidecar('A title')), { name: 'x.xml' }).title, 'A title');
});

describe('a deployment that is tried', () => {
  let world: World;
  let up: OurProcess;

  before(async () => {
    world = await startWorld({ nodes: 2 });
    up = await startUp(world.env);
  });
  after(async () => {
    await up?.end();
    await world?.stop();
  });
  const prefix = () => world.env.GEOSLUICE_S3_PREFIX ?? '';

  test('one raster goes through, and nothing is left of it anywhere', async () => {
    const { code, stdout, stderr } = await geosluice(['smoke', '--map'], world.env);
    assert.equal(code, 0, `${stdout}\n${stderr}\n${up.logs()}`);
    assert.match(stdout, /its map was drawn/);
    assert.match(stdout, /nothing is left of it/);
    assert.deepEqual(await world.inbox.keys('cli/'), []);
    assert.deepEqual(await world.target.keys(`${prefix()}/`), []);
    assert.deepEqual(await layersOf(world, world.geoserver.url, 'geosluice'), []);
    assert.deepEqual(await registeredIn(world, 'geosluice'), []);
  });

  test('a deployment that may not read the inbox is told so', async () => {
    const env = { ...world.env, GEOSLUICE_INBOX: `s3://${world.target.name}/elsewhere/` };
    const { code, stderr } = await geosluice(['smoke', '--timeout', '60'], env);
    assert.ok(code === 1 || code === 3, stderr);
    assert.match(stderr, /allow/i);
    assert.deepEqual(await world.target.keys('elsewhere/'), [], 'what was put there is taken away');
  });

  test('unfinished uploads are swept by their age, and only below the prefix', async () => {
    const { s3, target } = world;
    const client = new S3Client({
      ...{ endpoint: s3.endpoint, region: s3.region, forcePathStyle: true },
      credentials: { accessKeyId: s3.accessKey, secretAccessKey: s3.secretKey },
    });
    const begin = (Key: string) => client.send(new CreateMultipartUploadCommand({ Bucket: target.name, Key }));
    await begin(`${prefix()}/d/a.tif`);
    await begin('other/b.tif');
    const young = await geosluice(['sweep-uploads'], world.env);
    assert.deepEqual([young.code, young.stdout], [0, 'no unfinished upload is older than 7 days\n']);
    // the command takes whole hours, which no test waits for
    assert.equal(await cliPorts(world.env).sweepUploads(-60_000, AbortSignal.timeout(10_000)), 1);
    const left = await client.send(new ListMultipartUploadsCommand({ Bucket: target.name }));
    assert.deepEqual(
      left.Uploads?.map(({ Key }) => Key),
      ['other/b.tif'],
    );
    client.destroy();
  });
});
