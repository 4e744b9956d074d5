import assert from 'node:assert/strict';
import { test } from 'node:test';
import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import { addressOf } from './address.ts';

const KEYS = { accessKeyId: 'key', secretAccessKey: 'secret' };

async function at(bucket: string, config: Partial<S3ClientConfig>): Promise<string> {
  const client = new S3Client({ region: 'eu-central-1', credentials: KEYS, ...config });
  try {
    const { origin, host, base } = await addressOf(client, bucket);
    return `${origin.secure ? 'https' : 'http'} ${origin.host} ${origin.port} ${host} ${base}`;
  } finally {
    client.destroy();
  }
}

test('buckets at AWS are in the host, by region and partition', async () => {
  const frankfurt = 's3.eu-central-1.amazonaws.com';
  assert.equal(await at('rasters', {}), `https rasters.${frankfurt} 443 rasters.${frankfurt} `);
  const beijing = 'rasters.s3.cn-north-1.amazonaws.com.cn';
  assert.equal(await at('rasters', { region: 'cn-north-1' }), `https ${beijing} 443 ${beijing} `);
  // a certificate for *.s3… does not cover a name with dots
  assert.equal(await at('my.rasters', {}), `https ${frankfurt} 443 ${frankfurt} /my.rasters`);
});

test('buckets at an endpoint of its own are in the path or the host, as the client is told', async () => {
  const endpoint = 'http://minio:9000';
  assert.equal(await at('rasters', { endpoint, forcePathStyle: true }), 'http minio 9000 minio:9000 /rasters');
  assert.equal(await at('rasters', { endpoint }), 'http rasters.minio 9000 rasters.minio:9000 ');
  const below = 'https://store.example/s3/';
  assert.equal(
    await at('rasters', { endpoint: below, forcePathStyle: true }),
    'https store.example 443 store.example /s3/rasters',
  );
  const six = 'http://[::1]:9000';
  assert.equal(await at('rasters', { endpoint: six, forcePathStyle: true }), 'http ::1 9000 [::1]:9000 /rasters');
});
