/** Copies an object inside of one store with the engine: no source is read, and none is loaded. */
import { readFileSync } from 'node:fs';
import { createObjectStore, createS3Client } from '@geosluice/object-store';
import type { Order } from '../../order.ts';
import { forgetful } from './forgetful.ts';

const { access, bucket, object } = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as Order;
if (object === undefined) throw new Error('the order names no object');
const { endpoint, region, accessKey, secretKey } = access;
const client = createS3Client({ endpoint, region, accessKeyId: accessKey, secretAccessKey: secretKey });
const store = createObjectStore({ client });
const { signal } = new AbortController();
await store.copy({
  from: { bucket: object.bucket, key: object.key, size: object.size, etag: object.etag },
  target: { bucket, key: object.target },
  ...{ memory: forgetful(), contentId: object.etag, signal },
});
store.close();
client.destroy();
