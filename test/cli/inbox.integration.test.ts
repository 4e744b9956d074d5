/** A path of this machine on its way into the inbox, through the command's own ports and a real S3 server. */
import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { formatLocation } from '@geosluice/jobs';
import { cliPorts } from '@geosluice/service-standalone';
import { startProxy } from '../../packages/object-store/testing/proxy.ts';
import { type S3Server, startS3 } from '../counterparts/s3.ts';

const MIB = 1024 * 1024;

describe('the inbox of the command', () => {
  let s3: S3Server;
  let client: S3Client;
  let folder: string;
  const raster = join(import.meta.dirname, '..', 'fixtures', 'rasters', 'dem_4326.tif');

  before(async () => {
    s3 = await startS3('versitygw');
    client = new S3Client({
      endpoint: s3.endpoint,
      region: s3.region,
      forcePathStyle: true,
      credentials: { accessKeyId: s3.accessKey, secretAccessKey: s3.secretKey },
    });
    folder = mkdtempSync(join(tmpdir(), 'geosluice-inbox-'));
    mkdirSync(join(folder, 'a', 'deep'), { recursive: true });
    mkdirSync(join(folder, 'b'));
    copyFileSync(raster, join(folder, 'a', 'dem.tif'));
    writeFileSync(join(folder, 'a', 'dem.xml'), '<dc/>');
    copyFileSync(raster, join(folder, 'a', 'deep', 'höhe #1.tif'));
    copyFileSync(raster, join(folder, 'b', 'dem.tif'));
  });
  after(async () => {
    client.destroy();
    rmSync(folder, { recursive: true });
    await s3.stop();
  });

  const inbox = (over: Record<string, string> = {}) =>
    cliPorts({
      GEOSLUICE_S3_ENDPOINT: s3.endpoint,
      AWS_REGION: s3.region,
      AWS_ACCESS_KEY_ID: s3.accessKey,
      AWS_SECRET_ACCESS_KEY: s3.secretKey,
      GEOSLUICE_S3_BUCKET: s3.bucket,
      GEOSLUICE_INBOX: `s3://${s3.bucket}/cli/`,
      GEOSLUICE_MACHINE: 'laptop',
      GEOSLUICE_UPLOAD_PART_MIB: '5',
      GEOSLUICE_UPLOAD_PARTS_IN_FLIGHT: '1',
      XDG_STATE_HOME: join(folder, 'state'),
      ...over,
    }).inbox();
  const quietly = { signal: AbortSignal.timeout(60_000), onProgress: () => {} };
  const read = async (key: string): Promise<Buffer> => {
    const { Body } = await client.send(new GetObjectCommand({ Bucket: s3.bucket, Key: key }));
    return Buffer.from((await Body?.transformToByteArray()) ?? []);
  };

  test('a file is brought with its sidecars, a folder with what lies below it', async () => {
    const one = await inbox().upload(join(folder, 'a', 'dem.tif'), quietly);
    assert.deepEqual(one.map(formatLocation), [`s3://${s3.bucket}/cli/laptop${folder}/a/dem.tif`]);
    assert.deepEqual(await read(`cli/laptop${folder}/a/dem.tif`), readFileSync(raster));
    assert.equal((await read(`cli/laptop${folder}/a/dem.xml`)).toString(), '<dc/>');
    const all = await inbox().upload(join(folder, 'a'), quietly);
    assert.deepEqual(all.map(formatLocation).sort(), [
      `s3://${s3.bucket}/cli/laptop${folder}/a/deep/höhe #1.tif`,
      `s3://${s3.bucket}/cli/laptop${folder}/a/dem.tif`,
    ]);
    assert.deepEqual(await read(`cli/laptop${folder}/a/deep/höhe #1.tif`), readFileSync(raster));
  });

  test('two files of one name never replace each other, and one file has one key however it was typed', async () => {
    const keyOf = async (path: string) => (await inbox().upload(path, quietly)).map(formatLocation);
    const [a] = await keyOf(join(folder, 'a', 'dem.tif'));
    const [b] = await keyOf(join(folder, 'b', 'dem.tif'));
    assert.notEqual(a, b);
    assert.ok((await keyOf(folder)).includes(a ?? ''), 'the folder above gives the same key');
    const elsewhere = await inbox({ GEOSLUICE_MACHINE: 'desktop' }).upload(join(folder, 'a', 'dem.tif'), quietly);
    assert.notEqual(elsewhere.map(formatLocation)[0], a);
  });

  test('an upload that was interrupted goes on where it was when the same command runs again', async () => {
    const large = join(folder, 'large.tif');
    copyFileSync(raster, large);
    truncateSync(large, 17 * MIB);
    const interrupted = new AbortController();
    const first: number[] = [];
    const onProgress = (_: string, done: number) => {
      first.push(done);
      if (done >= 10 * MIB) interrupted.abort();
    };
    await assert.rejects(inbox().upload(large, { signal: interrupted.signal, onProgress }));
    assert.ok((first.at(-1) ?? 0) < 17 * MIB, 'it did not arrive at once');
    const proxy = await startProxy(s3.endpoint);
    await inbox({ GEOSLUICE_S3_ENDPOINT: proxy.endpoint }).upload(large, quietly);
    await proxy.close();
    assert.equal(proxy.count('CreateUpload'), 0);
    assert.deepEqual(proxy.parts(), [3, 4]);
    assert.deepEqual(await read(`cli/laptop${folder}/large.tif`), readFileSync(large));
  });

  test('an inbox on another endpoint than the target is written where the workers read it', async () => {
    const elsewhere = inbox({
      GEOSLUICE_S3_ENDPOINT: 'http://127.0.0.1:1',
      GEOSLUICE_S3_BUCKET: 'geodata',
      GEOSLUICE_SOURCE_S3_ENDPOINT: s3.endpoint,
      GEOSLUICE_INBOX: `s3://${s3.bucket}/elsewhere/`,
    });
    await elsewhere.upload(join(folder, 'b', 'dem.tif'), quietly);
    assert.deepEqual(await read(`elsewhere/laptop${folder}/b/dem.tif`), readFileSync(raster));
  });

  test('a path that is not there and a folder without rasters are refused', async () => {
    await assert.rejects(inbox().upload(join(folder, 'nowhere.tif'), quietly), { code: 'SOURCE_GONE' });
    mkdirSync(join(folder, 'empty'));
    await assert.rejects(inbox().upload(join(folder, 'empty'), quietly), { message: /holds no raster/ });
  });
});
