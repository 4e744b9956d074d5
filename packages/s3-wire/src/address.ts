import type { S3Client } from '@aws-sdk/client-s3';
import type { Origin } from './connection.ts';

/** Where the objects of one bucket are. */
export interface BucketAddress {
  origin: Origin;
  /** Value of the Host header. */
  host: string;
  /** What comes before `/key`, percent-encoded; empty where the bucket is in the host. */
  base: string;
}

/** Asks the SDK's own rules where a bucket is: partitions, path style and custom endpoints are theirs to know. */
export async function addressOf(client: S3Client, bucket: string): Promise<BucketAddress> {
  const { config } = client;
  const custom = await config.endpoint?.();
  const { url } = config.endpointProvider({
    Bucket: bucket,
    Region: await config.region(),
    ForcePathStyle: config.forcePathStyle ?? false,
    UseFIPS: await config.useFipsEndpoint(),
    UseDualStack: await config.useDualstackEndpoint(),
    ...(custom === undefined
      ? {}
      : {
          Endpoint: `${custom.protocol}//${custom.hostname}${custom.port === undefined ? '' : `:${custom.port}`}${custom.path}`,
        }),
  });
  const secure = url.protocol === 'https:';
  return {
    origin: { secure, host: url.hostname.replace(/^\[|\]$/g, ''), port: Number(url.port || (secure ? 443 : 80)) },
    host: url.host,
    base: url.pathname.replace(/\/+$/, ''),
  };
}
