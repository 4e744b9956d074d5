/** A process that uploads and can be killed: its work order comes as JSON in the environment. */
import { createObjectStore, createS3Client } from '../src/index.ts';
import { bytesOf, createFileMemory, readerOf } from './support.ts';

const order = JSON.parse(process.env.UPLOAD_ORDER ?? '{}') as {
  endpoint: string;
  accessKey: string;
  secretKey: string;
  bucket: string;
  key: string;
  memory: string;
  size: number;
  partSize: number;
};
const client = createS3Client({
  endpoint: order.endpoint,
  region: 'us-east-1',
  accessKeyId: order.accessKey,
  secretAccessKey: order.secretKey,
});
const stored = await createObjectStore({ client, partSize: order.partSize, maxPartsInFlight: 3 }).upload({
  reader: readerOf(bytesOf(order.size)),
  target: { bucket: order.bucket, key: order.key },
  memory: createFileMemory(order.memory),
  contentId: 'content-1',
  signal: new AbortController().signal,
});
process.stdout.write(JSON.stringify(stored));
client.destroy();
