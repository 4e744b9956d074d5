/** Brings what an order names with the engine, as one upload worker would: eight jobs at a time, one budget. */
import { readFileSync } from 'node:fs';
import type { Fingerprint, Location } from '@geosluice/jobs';
import { crc32By, createObjectStore, createS3Client } from '@geosluice/object-store';
import { openSources } from '@geosluice/sources';
import type { Access, Order } from '../../order.ts';
import { forgetful } from './forgetful.ts';

/** GEOSLUICE_UPLOAD_CONCURRENCY's default. */
const JOBS = 8;

// what the images have beside their bundles has to lie beside this one, too, unless it is to be measured without
const crc32Wanted = process.argv[3] ?? 'native';
if (crc32By !== crc32Wanted) throw new Error(`CRC-32 is computed by ${crc32By}, not by ${crc32Wanted}`);
const order = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as Order;
const begun = performance.now();
const clientOf = ({ endpoint, region, accessKey, secretKey }: Access) =>
  createS3Client({ endpoint, region, accessKeyId: accessKey, secretAccessKey: secretKey });
const client = clientOf(order.access);
const { object } = order;
const elsewhere = object === undefined ? client : clientOf(object.access);
const store = createObjectStore({ client });
const sources = openSources({
  allow: { buckets: object === undefined ? [] : [object.bucket], hosts: [], roots: [order.folder] },
  s3: { clientFor: () => elsewhere },
});
const { signal } = new AbortController();

const memory = forgetful();

async function bring(location: Location, fingerprint: Fingerprint, key: string): Promise<void> {
  const reader = await sources.for(location).open(location, fingerprint, signal);
  try {
    const target = { bucket: order.bucket, key };
    await store.upload({ reader, target, memory, contentId: `${fingerprint.etag ?? fingerprint.modified}`, signal });
  } finally {
    await reader.close?.();
  }
}

if (object !== undefined) {
  const { bucket, key, size, etag } = object;
  await bring({ kind: 's3', bucket, key }, { size, etag }, object.target);
} else {
  const waiting = order.files.values();
  await Promise.all(
    Array.from({ length: JOBS }, async () => {
      // all take from one iterator
      for (const { path, size, modified, key } of waiting) await bring({ kind: 'file', path }, { size, modified }, key);
    }),
  );
}
const seconds = (performance.now() - begun) / 1000;
process.stdout.write(`${JSON.stringify({ seconds, stats: store.stats() })}\n`);
store.close();
await sources.close();
client.destroy();
if (elsewhere !== client) elsewhere.destroy();
