/** One CopyObject by the SDK, and nothing else: the least a copy inside of a store takes. */
import { readFileSync } from 'node:fs';
import { CopyObjectCommand, S3Client } from '@aws-sdk/client-s3';
import type { Order } from '../../order.ts';

const { access, bucket, object } = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as Order;
if (object === undefined) throw new Error('the order names no object');
const client = new S3Client({
  endpoint: access.endpoint,
  region: access.region,
  forcePathStyle: true,
  credentials: { accessKeyId: access.accessKey, secretAccessKey: access.secretKey },
});
const CopySource = `${object.bucket}/${object.key}`;
await client.send(new CopyObjectCommand({ Bucket: bucket, Key: object.target, CopySource }));
client.destroy();
