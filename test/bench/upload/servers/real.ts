import { DeleteBucketCommand, DeleteObjectsCommand, ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3';
import type { RangeReader } from '@geosluice/jobs';
import { createObjectStore, createS3Client } from '@geosluice/object-store';
import { createBucket, type S3Kind, startS3 } from '../../../counterparts/s3.ts';
import type { BenchServer, SourceObject } from './server.ts';

/** A server that really stores. */
export async function realServer(kind: S3Kind): Promise<BenchServer> {
  const server = await startS3(kind);
  const { endpoint, region, accessKey, secretKey, bucket } = server;
  const client = createS3Client({ endpoint, region, accessKeyId: accessKey, secretAccessKey: secretKey });
  const sources = new Map<number, Promise<SourceObject>>();
  return {
    name: kind,
    access: { endpoint, region, accessKey, secretKey },
    // SeaweedFS gives back the room of deleted objects after minutes, and that of a deleted bucket at once
    openBucket: () => createBucket(server),
    async source(size) {
      const source = sources.get(size) ?? putSource(client, bucket, size);
      sources.set(size, source);
      return await source;
    },
    async settle({ bucket, objects }, prefix) {
      const found = await listed(client, bucket, prefix);
      await remove(client, bucket, [...found.keys()]);
      await client.send(new DeleteBucketCommand({ Bucket: bucket }));
      for (const [key, { size }] of objects) {
        if (found.get(key) !== size)
          throw new Error(`${kind} holds ${found.get(key) ?? 'no'} bytes of ${key}, not ${size}`);
      }
    },
    async stop() {
      client.destroy();
      await server.stop();
    },
  };
}

async function putSource(client: S3Client, bucket: string, size: number): Promise<SourceObject> {
  const key = `source-${size}`;
  const store = createObjectStore({ client });
  const reader: RangeReader = {
    size,
    // no two parts are alike
    readInto: async (offset, target) => {
      const view = new DataView(target.buffer, target.byteOffset, target.byteLength);
      for (let at = 0; at + 8 <= target.byteLength; at += 512) view.setFloat64(at, offset + at);
    },
  };
  const memory = { recall: async () => null, remember: async () => {}, forget: async () => {} };
  const { signal } = new AbortController();
  const { etag } = await store.upload({ reader, target: { bucket, key }, memory, contentId: key, signal });
  store.close();
  return { bucket, key, size, etag };
}

/** Sizes by key. */
async function listed(client: S3Client, bucket: string, prefix: string): Promise<Map<string, number>> {
  const found = new Map<string, number>();
  let token: string | undefined;
  do {
    const page = await client.send(
      new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, ContinuationToken: token }),
    );
    for (const { Key = '', Size = -1 } of page.Contents ?? []) found.set(Key, Size);
    token = page.NextContinuationToken;
  } while (token !== undefined);
  return found;
}

async function remove(client: S3Client, bucket: string, keys: readonly string[]): Promise<void> {
  for (let at = 0; at < keys.length; at += 1000) {
    const Objects = keys.slice(at, at + 1000).map((Key) => ({ Key }));
    await client.send(new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects, Quiet: true } }));
  }
}
