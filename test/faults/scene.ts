import assert from 'node:assert/strict';
import { ListMultipartUploadsCommand, S3Client } from '@aws-sdk/client-s3';
import { type DatasetState, type LedgerEntry, parseLocation } from '@geosluice/jobs';
import { openPipeline, type Pipeline } from '@geosluice/pipeline';
import { type TiffOptions, writeTiff } from '../rasters/write-tiff.ts';
import { type OurProcess, type ServiceName, startService } from '../world/processes.ts';
import { until } from '../world/until.ts';
import type { World } from '../world/world.ts';

/** Short times, so that a test need not wait for what takes minutes in a real deployment. */
const IMPATIENT = {
  GEOSLUICE_LOCK_SECONDS: '2',
  GEOSLUICE_SWEEP_SECONDS: '1',
  GEOSLUICE_SWEEP_AGE_SECONDS: '3',
  GEOSLUICE_BACKOFF_MS: '100',
  GEOSLUICE_BACKOFF_MAX_MS: '1000',
  GEOSLUICE_HOLD_MS: '500',
  GEOSLUICE_HOLD_MAX_MS: '1000',
  GEOSLUICE_SHUTDOWN_GRACE_SECONDS: '5',
};

export type Worker = Exclude<ServiceName, 'gateway'>;
export const WORKERS: readonly Worker[] = ['discover', 'upload', 'publish', 'register'];

/** One deployment of its own on a world's counterparts: keys in Redis, workspace, and prefixes in both buckets. */
export interface Scene {
  name: string;
  env: Record<string, string>;
  pipeline: Pipeline;
  /** Starts a worker; ended with the scene. */
  start(worker: Worker, env?: Record<string, string>, program?: string): Promise<OurProcess>;
  startAll(env?: Record<string, string>): Promise<void>;
  /** Drops so many small rasters into a folder of the inbox, every third with a sidecar. @returns their base names */
  drop(folder: string, count: number): Promise<string[]>;
  put(key: string, bytes: Uint8Array | string): Promise<string>;
  /** Starts an ingestion of a folder of the inbox, or of any source. @returns its id */
  ingest(source: string): Promise<string>;
  /** Waits until every one of so many datasets is visible. @throws as soon as one is dead */
  visible(ingestion: string, count: number, withinMs?: number): Promise<LedgerEntry[]>;
  /** Waits until so many are in a state. */
  some(ingestion: string, state: DatasetState, count: number): Promise<void>;
  entries(ingestion: string): Promise<LedgerEntry[]>;
  /** Checks that each dataset is everywhere, once, and that nothing is left of what was tried. */
  assertOnce(entries: readonly LedgerEntry[]): Promise<void>;
  describe(): Promise<string>;
  close(): Promise<void>;
}

/** A scene for one test, closed after it whatever came of it. */
export async function withScene(
  world: World,
  name: string,
  changes: Record<string, string>,
  body: (scene: Scene) => Promise<void>,
): Promise<void> {
  const scene = await openScene(world, name, changes);
  try {
    await body(scene);
  } finally {
    await scene.close();
  }
}

export async function openScene(world: World, name: string, changes: Record<string, string> = {}): Promise<Scene> {
  const env: Record<string, string> = {
    ...world.env,
    ...IMPATIENT,
    GEOSLUICE_REDIS_PREFIX: name,
    GEOSLUICE_WORKSPACE: name,
    GEOSLUICE_S3_PREFIX: name,
    ...changes,
  };
  const pipeline = await openPipeline({ redisUrl: env.GEOSLUICE_REDIS_URL ?? '', prefix: name });
  const processes: Array<{ worker: Worker; process: OurProcess }> = [];

  const start: Scene['start'] = async (worker, more = {}, program) => {
    const process = await startService(worker, { ...env, ...more }, program);
    processes.push({ worker, process });
    return process;
  };
  const entries = async (ingestion: string): Promise<LedgerEntry[]> => {
    const all: LedgerEntry[] = [];
    for (let cursor: string | undefined; ; ) {
      const page = await pipeline.ledger.list({ ingestion, limit: 200, ...(cursor === undefined ? {} : { cursor }) });
      all.push(...page.entries);
      if (page.cursor === null) return all;
      cursor = page.cursor;
    }
  };
  const describe = async (): Promise<string> => {
    const { entries: newest } = await pipeline.ledger.list({ limit: 100 });
    const open = newest.filter(({ state }) => state !== 'visible');
    const lines = open.map(({ uri, state, reason, lastError, job }) =>
      [uri, state, reason?.code, reason?.message, lastError, job?.id].filter((part) => part !== undefined).join(' · '),
    );
    const logs = processes.map(({ worker, process }) => `--- ${worker}\n${process.logs().slice(-3_000)}`);
    const queues = JSON.stringify(await pipeline.queues.counts());
    return ['not visible:', ...lines, `queues: ${queues}`, ...logs].join('\n');
  };
  const put = async (key: string, bytes: Uint8Array | string): Promise<string> => {
    await world.inbox.put(`${name}/${key}`, bytes);
    return `s3://${world.inbox.name}/${name}/${key}`;
  };

  return {
    ...{ name, env, pipeline, start, entries, describe, put },
    async startAll(more) {
      await Promise.all(WORKERS.map((worker) => start(worker, more)));
    },
    async drop(folder, count) {
      const names = Array.from({ length: count }, (_, at) => `${folder}_${at}`);
      for (const [at, base] of names.entries()) {
        if (at % 3 === 0) await put(`${folder}/${base}.xml`, sidecar(base));
        await put(`${folder}/${base}.tif`, smallRaster(at));
      }
      return names;
    },
    async ingest(source) {
      const uri = source.includes('://') ? source : `s3://${world.inbox.name}/${name}/${source}/`;
      return (await pipeline.ingestions.start({ sources: [parseLocation(uri)], options: {} })).id;
    },
    async visible(ingestion, count, withinMs = 60_000) {
      await until(
        `${count} datasets of ${name} are visible`,
        async () => {
          const counts = await pipeline.ledger.counts(ingestion);
          return counts.visible === count || counts.dead > 0;
        },
        { withinMs, describe },
      );
      const all = await entries(ingestion);
      if (all.some(({ state }) => state === 'dead')) assert.fail(`there are dead letters. ${await describe()}`);
      assert.equal(all.length, count);
      return all;
    },
    async some(ingestion, state, count) {
      const enough = async () => (await pipeline.ledger.counts(ingestion))[state] >= count;
      await until(`${count} datasets of ${name} are ${state}`, enough, { withinMs: 60_000, describe });
    },
    async assertOnce(all) {
      const names = all.map((entry) => entry.name ?? '').sort();
      assert.equal(new Set(names).size, all.length, 'names are distinct');
      for (const node of world.geoserver.nodes) {
        const layers = await layersOf(world, node, name);
        assert.deepEqual(layers.sort(), names, `layers of ${node}`);
      }
      const registered = await registeredIn(world, name);
      assert.deepEqual(registered.sort(), names, 'datasets in GeoNode');
      const keys = (await world.target.keys(`${name}/`)).filter((key) => key.endsWith('.tif'));
      assert.deepEqual(keys.sort(), all.map((entry) => entry.object?.key ?? '').sort(), 'objects in the bucket');
      assert.deepEqual(await openUploads(world, `${name}/`), [], 'no unfinished multipart upload is left');
      assert.deepEqual((await pipeline.deadLetters.list({})).deadLetters, []);
    },
    async close() {
      await Promise.all(processes.map(({ process }) => process.end('SIGKILL')));
      await pipeline.close();
    },
  };
}

export function smallRaster(seed: number, options: Partial<TiffOptions> = {}): Uint8Array {
  return writeTiff({
    ...{ width: 96, height: 64, tileSize: 32, epsg: 32631, pixelSize: 30 },
    origin: [400_000 + seed * 3_000, 900_000],
    pixel: (x, y) => ((x + y + seed) % 200) + 20,
    ...options,
  });
}

function sidecar(title: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?>
<metadata xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>Raster ${title}</dc:title><dc:subject>faults</dc:subject></metadata>`;
}

async function layersOf(world: World, node: string, workspace: string): Promise<string[]> {
  const { user, password } = world.geoserver;
  const body = await asked(`${node}/rest/workspaces/${workspace}/coverages.json`, user, password);
  const { coverages } = body as { coverages?: { coverage?: { name: string } | Array<{ name: string }> } | '' };
  const list = coverages === '' || coverages === undefined ? [] : (coverages.coverage ?? []);
  return (Array.isArray(list) ? list : [list]).map(({ name }) => name);
}

async function registeredIn(world: World, workspace: string): Promise<string[]> {
  const { url, user, password } = world.geonode;
  const names: string[] = [];
  for (let page = 1; ; page += 1) {
    const body = await asked(`${url}/api/v2/datasets/?page_size=100&page=${page}`, user, password);
    const { total, datasets } = body as { total: number; datasets: Array<{ alternate: string }> };
    for (const { alternate } of datasets) {
      if (alternate.startsWith(`${workspace}:`)) names.push(alternate.slice(workspace.length + 1));
    }
    if (page * 100 >= total) return names;
  }
}

async function asked(url: string, user: string, password: string): Promise<unknown> {
  const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
  const response = await fetch(url, { headers: { authorization, accept: 'application/json' } });
  assert.equal(response.status, 200, url);
  return await response.json();
}

async function openUploads({ s3, target }: World, prefix: string): Promise<string[]> {
  const client = new S3Client({
    ...{ endpoint: s3.endpoint, region: s3.region, forcePathStyle: true },
    credentials: { accessKeyId: s3.accessKey, secretAccessKey: s3.secretKey },
  });
  try {
    const { Uploads } = await client.send(new ListMultipartUploadsCommand({ Bucket: target.name, Prefix: prefix }));
    return (Uploads ?? []).map(({ Key }) => Key ?? '');
  } finally {
    client.destroy();
  }
}
