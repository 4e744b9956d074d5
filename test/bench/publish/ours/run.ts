import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { PublishJob } from '@geosluice/jobs';
import { openPipeline, type Pipeline } from '@geosluice/pipeline';
import { startRedis } from '../../../counterparts/redis.ts';
import type { S3Server } from '../../../counterparts/s3.ts';
import { environmentOf, makeKey } from '../../../world/environment.ts';
import { startService } from '../../../world/processes.ts';
import { usageOf } from '../../processes.ts';
import type { Cluster } from '../cluster/cluster.ts';
import type { Places } from '../load/dataset.ts';
import { fill, prepare, type Range } from '../load/fill.ts';
import { rulesFile } from '../load/rule.ts';
import { latencyOf, type Run } from '../run.ts';
import { type Following, followJobs } from './took.ts';

/** The publish worker as its image has it. */
export interface Image {
  program: string;
  env: Record<string, string>;
}

export interface OursOptions {
  s3: S3Server;
  cluster: Cluster;
  places: Places;
  image: Image;
  /** The datasets to publish, whose objects are there. */
  published: Range;
  /** The same, published first and not counted: what a cold process takes differs from run to run. */
  warmUp: Range;
  /** The datasets that are visible before, of other numbers. */
  before: Range;
  /** Of this bench. */
  folder: string;
  say(text: string): void;
  signal: AbortSignal;
}

const PREFIX = 'bench';
const INGESTION = 'published';
const WARM_UP = 'warm-up';
/** Of each layer; far more than it takes on a machine with other work. */
const WITHIN_MS = 1_000;
const LOOK_MS = 200;

/**
 * Publishes by the real worker with a deployment's defaults, on a Redis of its own that holds so many datasets before. The worker
 * is up, warm and idle when its jobs come; its start is a figure of its own.
 */
export async function runOurs(options: OursOptions): Promise<Run> {
  const { cluster, places, image, published, warmUp, before, say, signal } = options;
  // with options, so that it is never one that others use
  const redis = await startRedis({ appendOnly: true });
  const pipeline = await openPipeline({ redisUrl: redis.url, prefix: PREFIX });
  try {
    const begun = performance.now();
    await fill(pipeline, places, before, 'before', signal);
    if (before.count > 0)
      say(`${before.count} datasets are there after ${((performance.now() - begun) / 1000).toFixed(0)} s`);
    const warm = await prepare(pipeline, places, warmUp, WARM_UP, signal);
    const jobs = await prepare(pipeline, places, published, INGESTION, signal);
    const worker = await startService('publish', await environment(options, redis.url), image.program);
    const publish = async (ingestion: string, some: readonly PublishJob[]): Promise<void> => {
      await pipeline.queues.add(some);
      await allPublished(pipeline, ingestion, some.length, signal).catch((error: Error) => {
        throw new Error(`${error.message}\n${worker.logs()}`, { cause: error });
      });
    };
    let following: Following | undefined;
    try {
      const start = usageOf(worker.pid).cpu;
      await publish(WARM_UP, warm);
      following = await followJobs(redis.url, PREFIX, 'publish');
      await cluster.requests();
      const idle = usageOf(worker.pid).cpu;
      await publish(INGESTION, jobs);
      const cpu = usageOf(worker.pid).cpu - idle;
      const took = await following.took(jobs.length);
      return {
        ...{ by: 'ours', variant: before.count, layers: jobs.length, seconds: took.seconds },
        ...latencyOf(took.jobs),
        requests: await cluster.requests(),
        ...{ cpu, start },
      };
    } finally {
      following?.stop();
      await worker.end('SIGTERM');
    }
  } finally {
    await pipeline.close();
    await redis.stop();
  }
}

/** What a deployment sets; all else is as it is by default. */
async function environment({ s3, cluster, places, image, folder }: OursOptions, redisUrl: string) {
  const rules = join(folder, 'rules.yaml');
  await writeFile(rules, rulesFile(`s3://${places.inbox}/${places.folder}`));
  const geonode = { url: 'http://127.0.0.1:1', user: 'nobody', password: 'nobody' };
  return {
    ...environmentOf({
      ...{
        redisUrl,
        s3,
        inbox: places.inbox,
        target: places.target,
        geoserver: { ...cluster, url: cluster.nodes[0] ?? '' },
      },
      ...{ geonode, gatewayPort: 1, key: makeKey(), roots: [] },
    }),
    ...image.env,
    GEOSLUICE_REDIS_PREFIX: PREFIX,
    GEOSLUICE_WORKSPACE: places.workspace,
    GEOSLUICE_S3_PREFIX: places.prefix,
    GEOSLUICE_RULES_FILE: rules,
  };
}

/** @throws Error where one is dead, or they are not published in time */
async function allPublished(
  { ledger, queues }: Pipeline,
  ingestion: string,
  count: number,
  signal: AbortSignal,
): Promise<void> {
  const deadline = performance.now() + count * WITHIN_MS + 60_000;
  for (;;) {
    const counts = await ledger.counts(ingestion);
    // the last are known to the ledger before their jobs have ended
    if (counts.registering === count && (await queues.counts()).publish.active === 0) return;
    if (counts.dead > 0) throw new Error('there are dead letters');
    if (performance.now() > deadline) throw new Error(`only ${counts.registering} of ${count} are published`);
    await wait(LOOK_MS, undefined, { signal });
  }
}
