import assert from 'node:assert/strict';
import type { DatasetHistory, Ingestion } from '@geosluice/gateway-api';
import { type DatasetState, datasetIdOf, type IngestOptions, parseLocation } from '@geosluice/jobs';
import { allDatasets } from '../world/datasets.ts';
import { assertDrawn, layerOn, layersOf, registeredAs, registeredIn, titlesEqual } from '../world/look.ts';
import { geosluice, type OurProcess, type ServiceName, startService, startUp } from '../world/processes.ts';
import { until } from '../world/until.ts';
import { geonodeKind } from '../world/which-geonode.ts';
import { geoserverIsNamed } from '../world/which-geoserver.ts';
import { startWorld, type World } from '../world/world.ts';

const SOON = 10_000;
const SETTLED_MS = 90_000;

export interface Awaited {
  /** Only a generation above this one counts; any where absent. */
  after?: number;
  /** And only where this holds too. */
  where?: (entry: DatasetHistory) => boolean;
  withinMs?: number;
}

/** A running geosluice with all its counterparts, and the ways in and out of it. */
export interface Deployment {
  world: World;
  env: Record<string, string>;
  workspace: string;
  /** By name, where services run as processes of their own; else `up` alone. */
  processes: ReadonlyMap<ServiceName | 'up', OurProcess>;
  /** Puts an object into the inbox. @returns its uri */
  put(key: string, bytes: Uint8Array | string): Promise<string>;
  uri(key: string): string;
  /** Tells of an object of the inbox as a store's notification does, e.g. `ObjectCreated:Put`. @returns the answer */
  notify(key: string, eventName: string): Promise<unknown>;
  ingest(source: string | string[], options?: IngestOptions, key?: string): Promise<Ingestion>;
  /** Starts an ingestion and waits until nothing of it runs. */
  ingested(source: string | string[], options?: IngestOptions): Promise<Ingestion>;
  ended(ingestion: string): Promise<Ingestion>;
  /** Watches a prefix of the inbox; again to change it. @returns ends the watch */
  watch(prefix: string, options?: IngestOptions, intervalSeconds?: number): Promise<() => Promise<void>>;
  entry(uri: string): Promise<DatasetHistory | null>;
  /** Waits for a state. @throws at once where the dataset is dead and should not be */
  becomes(uri: string, state: DatasetState, awaited?: Awaited): Promise<DatasetHistory>;
  /** What a visible dataset must be everywhere: its object, its layer's pixels on each node, its dataset in GeoNode. */
  assertThere(entry: DatasetHistory, raster: Uint8Array, title: string): Promise<void>;
  /** What a removed dataset must be everywhere: nothing. */
  assertGone(entry: DatasetHistory): Promise<void>;
  /** Nothing doubled and nothing missing: visible in the ledger, coverages on each node and datasets in GeoNode are the same. */
  assertOnce(): Promise<void>;
  /** Requests by which the stand-in's catalog was changed; 0 for a real GeoServer, which does not tell. */
  geoserverWrites(): number;
  /** Runs the command; it must end with the exit code, 0 where absent. @returns standard output */
  cli(args: readonly string[], expected?: { code?: number; cwd?: string }): Promise<string>;
  /** The same with `--json`. */
  cliJson<T>(args: readonly string[], expected?: { code?: number; cwd?: string }): Promise<T>;
  close(): Promise<void>;
}

const SERVICES: readonly ServiceName[] = ['discover', 'upload', 'publish', 'register', 'gateway'];

/** Starts a world and geosluice in it. `env` may need the world, e.g. the name of its inbox. */
export async function startDeployment(
  options: { apart?: boolean; env?: (world: World) => Record<string, string> } = {},
): Promise<Deployment> {
  const world = await startWorld({ geonode: geonodeKind });
  const env = { ...world.env, ...options.env?.(world) };
  const processes = new Map<ServiceName | 'up', OurProcess>();
  const close = async (): Promise<void> => {
    await Promise.all([...processes.values()].map((process) => process.end()));
    await world.stop();
  };
  try {
    if (options.apart === true) {
      await Promise.all(SERVICES.map(async (name) => processes.set(name, await startService(name, env))));
    } else processes.set('up', await startUp(env));
  } catch (error) {
    await close();
    throw error;
  }
  return { ...deploymentOf(world, env, processes), close };
}

/** The ways in and out of a geosluice that runs in a world, wherever its processes are. */
export function deploymentOf(
  world: World,
  env: Record<string, string>,
  processes: ReadonlyMap<ServiceName | 'up', OurProcess>,
): Omit<Deployment, 'close'> {
  const { gateway, inbox } = world;
  const workspace = env.GEOSLUICE_WORKSPACE ?? 'geosluice';
  const soon = (): AbortSignal => AbortSignal.timeout(SOON);

  const describe = (): string => {
    const logs = [...processes].map(([name, process]) => `--- ${name}\n${process.logs().slice(-6_000)}`);
    return logs.join('\n');
  };
  const entry = async (uri: string): Promise<DatasetHistory | null> => {
    try {
      return await gateway.dataset(datasetIdOf(parseLocation(uri)), soon());
    } catch (error) {
      if ((error as { code?: string }).code === 'DATASET_UNKNOWN') return null;
      throw error;
    }
  };
  const becomes: Deployment['becomes'] = async (uri, state, { after = -1, where = () => true, withinMs } = {}) => {
    let last: DatasetHistory | null = null;
    const found = await until(
      `${uri} is ${state}${after < 0 ? '' : ` after generation ${after}`}`,
      async () => {
        last = await entry(uri);
        if (last === null || last.generation <= after) return null;
        if (last.state === 'dead' && state !== 'dead') return last;
        return last.state === state && where(last) ? last : null;
      },
      { withinMs: withinMs ?? SETTLED_MS, describe: () => `${summary(last)}\n${describe()}` },
    );
    assert.equal(found.state, state, `${uri}: ${summary(found)}`);
    return found;
  };
  const ended = async (ingestion: string): Promise<Ingestion> =>
    await until(
      `ingestion ${ingestion} has ended`,
      async () => {
        const now = await gateway.ingestion(ingestion, soon());
        return now.running ? null : now;
      },
      { withinMs: SETTLED_MS, describe },
    );
  const ingest: Deployment['ingest'] = (source, options = {}, key) =>
    gateway.startIngestion({ sources: [source].flat(), options }, soon(), key);
  const cli: Deployment['cli'] = async (args, { code = 0, cwd = world.mount } = {}) => {
    const ran = await geosluice(args, env, cwd);
    assert.equal(ran.code, code, `geosluice ${args.join(' ')}\n${ran.stdout}\n${ran.stderr}\n${describe()}`);
    return ran.stdout;
  };
  const uriOf = (key: string): string => `s3://${inbox.name}/${key}`;

  return {
    ...{ world, env, workspace, processes, entry, becomes, ended, ingest },
    uri: uriOf,
    async put(key, bytes) {
      await inbox.put(key, bytes);
      return uriOf(key);
    },
    async notify(key, eventName) {
      const encoded = encodeURIComponent(key).replaceAll('%20', '+').replaceAll('%2F', '/');
      const s3 = { bucket: { name: inbox.name }, object: { key: encoded } };
      const response = await fetch(`${env.GEOSLUICE_URL}/v1/events/s3`, {
        method: 'POST',
        headers: { authorization: `Bearer ${env.GEOSLUICE_KEY}`, 'content-type': 'application/json' },
        body: JSON.stringify({ Records: [{ eventVersion: '2.1', eventSource: 'aws:s3', eventName, s3 }] }),
      });
      assert.equal(response.status, 202);
      return await response.json();
    },
    ingested: async (source, options) => await ended((await ingest(source, options)).id),
    async watch(prefix, options = {}, intervalSeconds = 1) {
      const id = prefix.replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, '');
      await gateway.putWatch({ id, source: uriOf(prefix), options, intervalSeconds }, soon());
      return () => gateway.removeWatch(id, soon());
    },
    async assertThere(found, raster, title) {
      const { object, layer, geonode } = found;
      assert.ok(object && layer && geonode, summary(found));
      const bucket = object.bucket === inbox.name ? inbox : world.target;
      assert.equal(object.bucket, bucket.name);
      assert.ok(Buffer.from(raster).equals(await bucket.get(object.key)), 'the object holds the raster’s bytes');
      await assertDrawn(world, found, raster);
      const dataset = await registeredAs(world, geonode.pk);
      assert.equal(dataset?.alternate, `${layer.workspace}:${layer.name}`);
      assert.equal(found.title, title);
      assert.ok(titlesEqual(dataset.title, title), `in GeoNode it is called ${dataset.title}`);
    },
    async assertGone(found) {
      const layer = `${found.workspace}:${found.name}`;
      for (const node of world.geoserver.nodes) {
        await until(`${layer} is gone from ${node}`, async () => (await layerOn(world, node, layer)) === null);
      }
      const listed = await registeredIn(world, found.workspace ?? workspace);
      assert.deepEqual(
        listed.filter(({ alternate }) => alternate === layer),
        [],
      );
      assert.deepEqual(await world.target.keys(`${env.GEOSLUICE_S3_PREFIX}/${found.dataset}/`), []);
    },
    async assertOnce() {
      const own = (await allDatasets(gateway, { state: 'visible' })).filter(({ workspace: of }) => of === workspace);
      const visible = own.map(({ name }) => name ?? '').sort();
      assert.equal(new Set(visible).size, visible.length, 'each layer belongs to one dataset');
      const registered = (await registeredIn(world, workspace)).map(({ alternate }) => alternate.split(':')[1] ?? '');
      assert.deepEqual(registered.sort(), visible, 'datasets in GeoNode');
      for (const node of world.geoserver.nodes) {
        await until(
          `${node} has the layers of the ledger`,
          async () => (await layersOf(world, node, workspace)).join() === visible.join(),
          { describe: async () => `it has ${await layersOf(world, node, workspace)}, the ledger ${visible}` },
        );
      }
    },
    geoserverWrites() {
      return geoserverIsNamed ? 0 : world.geoserver.count(/^(POST|PUT|DELETE) /);
    },
    cli,
    cliJson: async <T>(args: readonly string[], expected = {}) =>
      JSON.parse(await cli([...args, '--json'], expected)) as T,
  };
}

function summary(entry: DatasetHistory | null): string {
  if (entry === null) return 'the ledger does not know it';
  const { state, generation, reason, lastError, steps } = entry;
  return JSON.stringify({ state, generation, reason, lastError, steps: steps.slice(0, 12) });
}
