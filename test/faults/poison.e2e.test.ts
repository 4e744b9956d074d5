import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, afterEach, before, suite, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { datasetIdOf, type InspectJob, type LedgerEntry, parseLocation } from '@geosluice/jobs';
import { Queue } from 'bullmq';
import { startRedis } from '../counterparts/redis.ts';
import { brokenTiffs } from '../rasters/broken-tiffs.ts';
import { type OurProcess, startService } from '../world/processes.ts';
import { until } from '../world/until.ts';
import { startWorld, type World } from '../world/world.ts';
import { type Gate, startGate } from './gate.ts';
import { openScene, type Scene, smallRaster, WORKERS } from './scene.ts';

const MIB = 1024 ** 2;
const DIE_ON = pathToFileURL(join(import.meta.dirname, 'die-on.ts')).href;

suite('[failure] files and jobs that do harm', () => {
  let world: World;
  let scene: Scene;
  let geonode: Gate;
  let discover: OurProcess;

  before(async () => {
    world = await startWorld();
    geonode = await startGate(world.geonode.url);
    scene = await openScene(world, 'poison', { GEOSLUICE_MAX_CRASHES: '2', GEOSLUICE_GEONODE_URL: geonode.url });
    const others = WORKERS.filter((worker) => worker !== 'discover').map((worker) => scene.start(worker));
    [discover] = await Promise.all([scene.start('discover'), ...others]);
  });
  after(async () => {
    await scene?.close();
    await geonode?.close();
    await world?.stop();
  });
  const opened: Queue[] = [];
  afterEach(async () => {
    for (const queue of opened.splice(0)) await queue.close();
  });

  const queueOf = (stage: string): Queue => {
    const url = new URL(scene.env.GEOSLUICE_REDIS_URL ?? '');
    const connection = { host: url.hostname, port: Number(url.port) };
    const queue = new Queue(stage, { connection, prefix: `{${scene.name}}` });
    opened.push(queue);
    return queue;
  };
  const entryOf = async (uri: string): Promise<LedgerEntry | null> =>
    await scene.pipeline.ledger.get(datasetIdOf(parseLocation(uri)));
  const dead = (uri: string, withinMs = 30_000): Promise<LedgerEntry> =>
    until(
      `${uri} is dead`,
      async () => {
        const entry = await entryOf(uri);
        return entry?.state === 'dead' ? entry : null;
      },
      { withinMs, describe: scene.describe },
    );
  const visible = (uri: string): Promise<LedgerEntry> =>
    until(
      `${uri} is visible`,
      async () => {
        const entry = await entryOf(uri);
        return entry?.state === 'visible' ? entry : null;
      },
      { describe: scene.describe },
    );

  // first: a worker that is killed in the middle of a sweep keeps all others from sweeping for a minute
  test('a dataset whose job vanished from the queue is found by the sweep', async () => {
    const queue = queueOf('upload');
    await queue.pause();
    const uri = await scene.put('lost/lost.tif', smallRaster(82));
    await scene.ingest(uri);
    // the ledger knows of the job before the queue does, and BullMQ counts what is not there as removed
    const job = await until('its upload job waits', async () => {
      const id = (await entryOf(uri))?.job;
      return id?.stage === 'upload' ? ((await queue.getJob(id.id)) ?? null) : null;
    });
    await job.remove();
    await queue.resume();
    const { generation } = await visible(uri);
    assert.ok(generation >= 2, 'it was inspected again');
    assert.match(discover.logs(), /Sweep:Dataset:Restarted/);
  });

  test('a file over which workers die is dead after the second one, and its neighbours arrive', async () => {
    await discover.end('SIGTERM');
    const env = { NODE_OPTIONS: `--import ${DIE_ON}`, GEOSLUICE_TEST_DIE_ON: 'deadly' };
    await scene.drop('killer', 12);
    const deadly = await scene.put('killer/killer_5_deadly.tif', smallRaster(50));
    const ingestion = await scene.ingest('killer');
    // what an orchestrator does: a worker that died is started again
    let deaths = 0;
    let over = false;
    const supervised = (async () => {
      while (!over) {
        const worker = await scene.start('discover', env).catch(() => null);
        await until('the worker died, or all is over', () => over || worker === null || !isAlive(worker.pid), {
          withinMs: 60_000,
        });
        if (!over) deaths += 1;
        else await worker?.end('SIGTERM');
      }
    })();
    try {
      const { reason } = await dead(deadly, 60_000);
      assert.equal(reason?.code, 'WORKER_CRASHED');
      await until(
        'the neighbours are visible',
        async () => (await scene.pipeline.ledger.counts(ingestion)).visible === 12,
        { describe: scene.describe },
      );
    } finally {
      over = true;
      await supervised;
    }
    assert.ok(deaths >= 2, `${deaths} workers died`);
    discover = await scene.start('discover');
  });

  test('a dataset over which GeoNode falls is dead and says so, and those that were handed over with it are visible', async () => {
    const stands = geonode.fall('falls_deadly', 502);
    const queue = queueOf('register');
    await queue.pause();
    await scene.drop('falls', 12);
    const deadly = await scene.put('falls/falls_deadly.tif', smallRaster(51));
    const ingestion = await scene.ingest('falls');
    await scene.some(ingestion, 'registering', 13);
    const seen = geonode.requests.length;
    await queue.resume();
    const { reason, dataset } = await dead(deadly);
    stands();
    assert.equal(reason?.code, 'RETRIES_EXHAUSTED');
    assert.match(reason?.message ?? '', /GeoNode answers 502 .*; it is well otherwise, so it is this dataset/);
    const neighbours = (await scene.entries(ingestion)).filter((entry) => entry.dataset !== dataset);
    assert.deepEqual(new Set(neighbours.map(({ state }) => state)), new Set(['visible']));
    const steps = await Promise.all(neighbours.map((entry) => scene.pipeline.ledger.steps(entry.dataset)));
    const burnt = steps.flat().filter(({ attempt = 1, error }) => attempt > 1 || error !== undefined);
    assert.deepEqual(burnt, [], 'they spent no attempt');
    const asked = geonode.requests.slice(seen).filter(({ path }) => path.endsWith('/registrations'));
    assert.ok(asked.length <= 25, `${asked.length} requests`);
    // mended, it goes its way
    assert.equal(await scene.pipeline.deadLetters.replay({ datasets: [dataset] }), 1);
    await visible(deadly);
  });

  test('a directory that names itself, and a file whose end is missing, are dead letters at once', async () => {
    const cyclic = await scene.put('bad/cyclic.tif', brokenTiffs.cyclic());
    const truncated = await scene.put('bad/truncated.tif', brokenTiffs.truncated());
    const good = await scene.put('bad/good.tif', smallRaster(60));
    await scene.ingest('bad');
    assert.equal((await dead(cyclic)).reason?.code, 'MALFORMED_TIFF');
    assert.equal((await dead(truncated)).reason?.code, 'TRUNCATED');
    await visible(good);
    assert.equal(world.geoserver.count('truncated'), 0, 'GeoServer never heard of it');
  });

  test('a sidecar of five mebibytes that means harm never stops its raster', async () => {
    const sidecars: Record<string, string> = {
      laughs: hostile(`<!DOCTYPE r [<!ENTITY a "ha">${entities()}]><r>&z;</r>`),
      deep: hostile('<a>'.repeat((5 * MIB) / 3 - 10)),
      wide: hostile(`<r>${'<b/>'.repeat((5 * MIB) / 4 - 10)}</r>`),
      attributes: hostile(`<r ${Array.from({ length: 300_000 }, (_, at) => `a${at}="1"`).join(' ')}/>`),
    };
    const uris: string[] = [];
    for (const [at, [name, text]] of Object.entries(sidecars).entries()) {
      await scene.put(`hostile/${name}.xml`, text);
      uris.push(await scene.put(`hostile/${name}.tif`, smallRaster(70 + at)));
    }
    const since = performance.now();
    await scene.ingest('hostile');
    for (const uri of uris) assert.equal((await visible(uri)).metadataState, 'degraded', uri);
    assert.ok(performance.now() - since < 30_000);
    assert.ok(isAlive(discover.pid), 'the worker lived through it');
  });

  test('a job of a newer build is left alone until a worker knows it', async () => {
    const uri = await scene.put('newer/newer.tif', smallRaster(80));
    const queue = queueOf('discover');
    const document = inspectJob(uri, scene);
    const job = await queue.add('inspect', { ...document, schema: 2 }, { jobId: `${document.dataset}.newer` });
    await until('it is put aside', async () => (await job.getState()) === 'delayed', { describe: scene.describe });
    assert.match(discover.logs(), /Job:Read:Newer/);
    assert.equal(
      (await job.isFailed()) ||
        (await scene.pipeline.deadLetters.list({})).deadLetters.some(({ entry }) => entry.uri === uri),
      false,
    );
    // what the newer build would read
    await job.updateData(document);
    await job.promote();
    await visible(uri);
  });

  test('a job that no build understands is a dead letter that says so', async () => {
    const uri = await scene.put('invalid/invalid.tif', smallRaster(81));
    const entered = { ...inspectJob(uri, scene), options: {} };
    await scene.pipeline.ledger.enter([entered]);
    const broken = { ...entered, reason: 'because', colour: 'blue' };
    await queueOf('discover').add('inspect', broken, { jobId: `${entered.dataset}.invalid` });
    const { reason } = await dead(uri);
    assert.equal(reason?.code, 'JOB_INVALID');
    assert.match(reason?.message ?? '', /reason/);
    // and a replay starts it again with a sound one
    assert.equal(await scene.pipeline.deadLetters.replay({ datasets: [entered.dataset] }), 1);
    await visible(uri);
  });

  test('no worker starts on a Redis that may evict, and each says what to set', async () => {
    const evicting = await startRedis({ policy: 'allkeys-lru' });
    try {
      for (const worker of WORKERS) {
        const start = startService(worker, { ...scene.env, GEOSLUICE_REDIS_URL: evicting.url });
        await assert.rejects(start, (error: Error) => {
          assert.match(error.message, /ended with code [1-9]/);
          assert.match(error.message, /maxmemory-policy is allkeys-lru. Set maxmemory-policy noeviction/);
          return true;
        });
      }
    } finally {
      await evicting.stop();
    }
  });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

function inspectJob(uri: string, scene: Scene): InspectJob {
  const location = parseLocation(uri);
  return {
    ...{ schema: 1, stage: 'discover', kind: 'inspect', ingestion: `by-hand-${scene.name}`, options: {} },
    ...{ dataset: datasetIdOf(location), location, reason: 'requested', force: false, nonce: 'hand', seen: '' },
  };
}

function hostile(text: string): string {
  return `<?xml version="1.0"?>\n${text}`;
}

/** Each entity is ten of the one before; padded to five mebibytes. */
function entities(): string {
  const names = 'abcdefghijklmnopqrstuvwxyz';
  const lines = [...names].slice(1).map((name, at) => `<!ENTITY ${name} "${`&${names[at]};`.repeat(10)}">`);
  return `${lines.join('')}<!--${'x'.repeat(5 * MIB - 4_096)}-->`;
}
