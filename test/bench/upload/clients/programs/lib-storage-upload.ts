/** Uploads what an order names with @aws-sdk/lib-storage as it comes: four files at a time, each in parts of 16 MiB, four in flight. */
import { createReadStream, readFileSync } from 'node:fs';
import { S3Client } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import type { Order } from '../../order.ts';

const FILES_IN_FLIGHT = 4;
const PART_SIZE = 16 * 1024 * 1024;
const PARTS_IN_FLIGHT = 4;

const { access, bucket, files } = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as Order;
const client = new S3Client({
  endpoint: access.endpoint,
  region: access.region,
  forcePathStyle: true,
  credentials: { accessKeyId: access.accessKey, secretAccessKey: access.secretKey },
});
const waiting = files.values();
await Promise.all(
  Array.from({ length: FILES_IN_FLIGHT }, async () => {
    // all take from one iterator
    for (const { path, key } of waiting) {
      const params = { Bucket: bucket, Key: key, Body: createReadStream(path), ContentType: 'image/tiff' };
      await new Upload({ client, params, partSize: PART_SIZE, queueSize: PARTS_IN_FLIGHT }).done();
    }
  }),
);
client.destroy();
