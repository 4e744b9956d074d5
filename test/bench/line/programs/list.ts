/** Lists a prefix by the SDK alone or as the stage discover does, and prints what that took. */
import { ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { type DiscoverJob, datasetIdOf, type ListJob, SILENT, type StageLedger } from '@geosluice/jobs';
import { readSidecar } from '@geosluice/metadata';
import { createObjectStore, createS3Client } from '@geosluice/object-store';
import { openPipeline } from '@geosluice/pipeline';
import { ruledBy } from '@geosluice/rules';
import { openSources } from '@geosluice/sources';
import { createDiscoverStage } from '@geosluice/stages';
import { Redis } from 'ioredis';
import { spreadOf } from '../../statistics.ts';
import type { ListedAll, ListOrder } from '../list-order.ts';

const order = JSON.parse(process.argv[2] ?? '') as ListOrder;
const { signal } = new AbortController();
let redis: Redis | undefined;
let [keys, inspections] = [0, 0];
/** Of each page, by the fifth of all keys that it ends in. */
const rss: number[][] = [[], [], [], [], []];

const begun = performance.now();
const before = process.cpuUsage();
if (order.by === 'sdk') await bySdk();
else await byDiscover();
const { user, system } = process.cpuUsage(before);
const listed: ListedAll = {
  ...{ keys, inspections, seconds: (performance.now() - begun) / 1000, cpu: (user + system) / 1e6 },
  ...{ rssInSecondFifth: medianOf(rss[1]), rssInLastFifth: medianOf(rss[4]) },
};
process.stdout.write(`${JSON.stringify(listed)}\n`);
process.exit(0);

function look(): void {
  rss[Math.min(Math.floor((keys / order.keys) * 5), 4)]?.push(process.memoryUsage.rss());
}

function medianOf(values: readonly number[] | undefined): number {
  return values === undefined || values.length === 0 ? Number.NaN : spreadOf(values).median;
}

async function bySdk(): Promise<void> {
  const { endpoint, region, accessKey, secretKey } = order.s3;
  const client = new S3Client({
    ...{ endpoint, region, forcePathStyle: true },
    credentials: { accessKeyId: accessKey, secretAccessKey: secretKey },
  });
  for (let token: string | undefined; ; ) {
    const page = await client.send(
      new ListObjectsV2Command({ Bucket: order.bucket, Prefix: order.prefix, ContinuationToken: token }),
    );
    keys += page.Contents?.length ?? 0;
    look();
    token = page.NextContinuationToken;
    if (token === undefined) return;
  }
}

async function byDiscover(): Promise<void> {
  const { endpoint, region, accessKey, secretKey } = order.s3;
  const client = createS3Client({ endpoint, region, accessKeyId: accessKey, secretAccessKey: secretKey });
  const pipeline = await openPipeline({ redisUrl: order.redisUrl, prefix: order.ledger });
  const counting: StageLedger = {
    ...(order.by === 'fill' ? { ...pipeline.ledger, compare: tell } : pipeline.ledger),
  };
  const { compare } = counting;
  counting.compare = (seen) => {
    keys += seen.length;
    return compare(seen);
  };
  const stage = createDiscoverStage({
    sources: openSources({
      allow: { buckets: [order.bucket], hosts: [], roots: [] },
      s3: { clientFor: () => client },
      rules: { magic: false, ignore: [] },
    }),
    store: createObjectStore({ client }),
    ...{ ledger: counting, readSidecar, target: { bucket: 'target', prefix: 'rasters' } },
    readRaster: () => Promise.reject(new Error('a listing opens no raster')),
    remove: async () => {},
    rules: ruledBy([]),
    defaults: {
      ...{ workspace: 'geosluice', storage: 'copy', after: 'keep', metadata: 'optional', metadataGraceSeconds: 60 },
      permissions: 'public',
    },
    ...{ settleMs: 1_000, maxSpoolBytes: 0 },
  });
  const source = { kind: 's3', bucket: order.bucket, key: order.prefix } as const;
  const first: ListJob = {
    ...{ schema: 1, stage: 'discover', kind: 'list', ingestion: 'bench', source, depth: 0 },
    options: { priority: 'bulk' },
  };
  const waiting: DiscoverJob[] = [first];
  for (let job = waiting.pop(); job !== undefined; job = waiting.pop()) {
    const outcome = await stage(job, {
      ...{ signal, log: SILENT, jobId: `${datasetIdOf(source)}.bench`, attempt: 1, first: true, now: () => new Date() },
      ...{ adopt: () => {}, fence: async () => {}, progress: () => {} },
    });
    look();
    if (outcome.kind !== 'next') continue;
    for (const next of outcome.jobs) {
      if (next.stage === 'discover' && next.kind === 'list') waiting.push(next);
      else inspections += 1;
    }
  }
}

/** What a ledger that knows these datasets is asked for by a listing: the version, and no more. */
async function tell(seen: ReadonlyArray<{ dataset: string; version: string }>): Promise<'known'[]> {
  redis ??= new Redis(order.redisUrl);
  const pipeline = redis.pipeline();
  for (const { dataset, version } of seen) pipeline.hset(`{${order.ledger}}:d:${dataset}`, { dataset, version });
  await pipeline.exec();
  return seen.map(() => 'known');
}
