import {
  DeleteObjectCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';

export interface Bucket {
  name: string;
  put(key: string, bytes: Uint8Array | string): Promise<void>;
  drop(key: string): Promise<void>;
  keys(prefix?: string): Promise<string[]>;
  get(key: string): Promise<Uint8Array>;
  /** Bytes of an object. */
  size(key: string): Promise<number>;
  tags(key: string): Promise<Record<string, string>>;
}

export interface Buckets {
  bucket(name: string): Bucket;
  close(): void;
}

/** Plain access to buckets, as somebody has who drops files. */
export function openBuckets(s3: { endpoint: string; region: string; accessKey: string; secretKey: string }): Buckets {
  const client = new S3Client({
    endpoint: s3.endpoint,
    region: s3.region,
    forcePathStyle: true,
    credentials: { accessKeyId: s3.accessKey, secretAccessKey: s3.secretKey },
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  });
  return {
    close: () => client.destroy(),
    bucket: (name) => ({
      name,
      async put(key, bytes) {
        await client.send(new PutObjectCommand({ Bucket: name, Key: key, Body: bytes }));
      },
      async drop(key) {
        await client.send(new DeleteObjectCommand({ Bucket: name, Key: key }));
      },
      async keys(prefix = '') {
        const keys: string[] = [];
        for (let token: string | undefined; ; ) {
          const page = await client.send(
            new ListObjectsV2Command({ Bucket: name, Prefix: prefix, ContinuationToken: token }),
          );
          keys.push(...(page.Contents ?? []).map(({ Key }) => Key ?? ''));
          token = page.NextContinuationToken;
          if (token === undefined) return keys;
        }
      },
      async get(key) {
        const { Body } = await client.send(new GetObjectCommand({ Bucket: name, Key: key }));
        return (await Body?.transformToByteArray()) ?? new Uint8Array();
      },
      async size(key) {
        return (await client.send(new HeadObjectCommand({ Bucket: name, Key: key }))).ContentLength ?? 0;
      },
      async tags(key) {
        const { TagSet } = await client.send(new GetObjectTaggingCommand({ Bucket: name, Key: key }));
        return Object.fromEntries((TagSet ?? []).map(({ Key = '', Value = '' }) => [Key, Value]));
      },
    }),
  };
}
