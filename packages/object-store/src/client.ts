import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import { isExpired } from '@geosluice/s3-wire';
import { NodeHttpHandler } from '@smithy/node-http-handler';

export interface S3Config {
  /** Absent for AWS itself, e.g. `http://minio:9000`. */
  endpoint?: string | undefined;
  region: string;
  /** Both or neither; without them the AWS chain (environment, profile, web identity, instance role) is asked. */
  accessKeyId?: string | undefined;
  secretAccessKey?: string | undefined;
  sessionToken?: string | undefined;
  /** `endpoint/bucket/key` instead of `bucket.endpoint/key`. Default: true where an endpoint is given. */
  forcePathStyle?: boolean | undefined;
  /** Connections at most; default 32. Uploads in flight × parts in flight should fit. */
  maxSockets?: number | undefined;
  /** Tries of one request, within one call; default 4. */
  maxAttempts?: number | undefined;
  /** A connection on which nothing moves for so long is given up; default 300,000 (a store may copy 5 GiB in silence). */
  stallTimeoutMs?: number | undefined;
  /** Sign the bytes of bodies too: needless over TLS, and it doubles the CPU of an upload. Default false. */
  signPayload?: boolean | undefined;
}

const CONNECT_TIMEOUT_MS = 10_000;
/** Until the answer begins: a 600 MiB part at 0.7 MiB/s. Small requests set their own. */
const REQUEST_TIMEOUT_MS = 15 * 60_000;

/** An S3 client for AWS, MinIO, SeaweedFS, versitygw and their like. `destroy()` closes its connections. */
export function createS3Client(config: S3Config): S3Client {
  const sockets = { keepAlive: true, maxSockets: config.maxSockets ?? 32, scheduling: 'lifo' as const };
  const options: S3ClientConfig = {
    region: config.region,
    forcePathStyle: config.forcePathStyle ?? config.endpoint !== undefined,
    maxAttempts: config.maxAttempts ?? 4,
    // parts of 5 MiB and more would each ask first, on a connection of their own
    expectContinueHeader: false,
    // the default's CRC32 trailer breaks stores that do not know it; uploads send their own checksums
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: new NodeHttpHandler({
      httpAgent: new HttpAgent(sockets),
      httpsAgent: new HttpsAgent(sockets),
      connectionTimeout: CONNECT_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      throwOnRequestTimeout: true,
      socketTimeout: config.stallTimeoutMs ?? 300_000,
      socketAcquisitionWarningTimeout: REQUEST_TIMEOUT_MS,
    }),
  };
  if (config.endpoint !== undefined) options.endpoint = config.endpoint;
  if (config.accessKeyId !== undefined && config.secretAccessKey !== undefined) {
    options.credentials = {
      accessKeyId: config.accessKeyId,
      secretAccessKey: config.secretAccessKey,
      ...(config.sessionToken === undefined ? {} : { sessionToken: config.sessionToken }),
    };
  }
  const client = new S3Client(options);
  if (config.signPayload !== true) leavePayloadUnsigned(client);
  renewExpired(client);
  return client;
}

/** The signature covers headers (the CRC32 among them), not the bytes: hashing them is half of an upload's CPU. */
function leavePayloadUnsigned(client: S3Client): void {
  client.middlewareStack.add(
    (next, context) => (args) => {
      const request = args.request as { headers?: Record<string, string> };
      if (context.commandName === 'UploadPartCommand' || context.commandName === 'PutObjectCommand') {
        if (request.headers !== undefined) request.headers['x-amz-content-sha256'] = 'UNSIGNED-PAYLOAD';
      }
      return next(args);
    },
    { step: 'build', name: 'unsignedPayload', priority: 'low' },
  );
}

/** Session credentials may end before they said they would; the SDK would use them until then. */
function renewExpired(client: S3Client): void {
  client.middlewareStack.add(
    (next) => async (args) => {
      try {
        return await next(args);
      } catch (error) {
        const of = (await client.config.credentials()).sessionToken;
        if (of === undefined || !(error instanceof Error) || !isExpired(error)) throw error;
        const renewed = await client.config.credentials({ forceRefresh: true });
        if (renewed.sessionToken === of) throw error;
        return next(args);
      }
    },
    { step: 'initialize', name: 'renewExpired', priority: 'high' },
  );
}
