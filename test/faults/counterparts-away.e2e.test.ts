import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, afterEach, before, suite, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import type { LedgerEntry, StageName } from '@geosluice/jobs';
import { writeTiff } from '../rasters/write-tiff.ts';
import { until } from '../world/until.ts';
import { startWorld, type World } from '../world/world.ts';
import { type Gate, startGate } from './gate.ts';
import { openScene, type Scene } from './scene.ts';

const COUNT = 6;

/** One deployment whose workers run all the time, while one counterpart after the other goes away and comes back. */
suite('[failure] counterparts that go away', () => {
  let world: World;
  let scene: Scene;
  let primary: Gate;
  let geonode: Gate;
  const done: LedgerEntry[] = [];
  let letGo = (): void => {};

  before(async () => {
    world = await startWorld();
    primary = await startGate(world.geoserver.url);
    geonode = await startGate(world.geonode.url);
    scene = await openScene(world, 'away', {
      GEOSLUICE_GEOSERVER_URL: primary.url,
      GEOSLUICE_GEOSERVER_NODES: [primary.url, ...world.geoserver.nodes.slice(1)].join(','),
      GEOSLUICE_GEONODE_URL: geonode.url,
      GEOSLUICE_GEOSERVER_DRAWN_DEADLINE_SECONDS: '2',
      GEOSLUICE_GEOSERVER_WRITE_TIMEOUT_SECONDS: '2',
      GEOSLUICE_UPLOAD_PART_MIB: '5',
    });
    await scene.startAll();
  });
  after(async () => {
    await scene?.close();
    await primary?.close();
    await geonode?.close();
    await world?.stop();
  });
  // what one test leaves away must not be the next one's trouble
  afterEach(async () => {
    letGo();
    world.geoserver.failures.clear();
    world.geoserver.cluster.setBroker(true);
    for (const at of world.geoserver.nodes.keys()) {
      world.geoserver.cluster.resume(at);
      world.geoserver.cluster.setDelay(at, 50);
    }
    await primary.open();
    await geonode.open();
  });

  const begin = async (folder: string): Promise<string> => {
    await scene.drop(folder, COUNT);
    return await scene.ingest(folder);
  };
  const allArrive = async (ingestion: string, count = COUNT): Promise<LedgerEntry[]> => {
    const entries = await scene.visible(ingestion, count);
    done.push(...entries);
    await scene.assertOnce(done);
    return entries;
  };
  /** Waits until a queue rests because of its counterpart, and nothing of the ingestion is beyond it. */
  const held = (stage: StageName): Promise<true> =>
    until(`the queue ${stage} is held`, async () => (await scene.pipeline.queues.counts())[stage].heldForMs > 0, {
      describe: scene.describe,
    });
  const nothingBurnt = async (ingestion: string): Promise<void> => {
    const entries = await scene.entries(ingestion);
    const steps = (await Promise.all(entries.map(({ dataset }) => scene.pipeline.ledger.steps(dataset)))).flat();
    assert.deepEqual(
      steps.filter(({ attempt = 1, state }) => attempt > 1 || state === 'dead'),
      [],
    );
  };
  const oneSays = (ingestion: string, pattern: RegExp): Promise<LedgerEntry> =>
    until(
      `a dataset says ${pattern}`,
      async () => (await scene.entries(ingestion)).find(({ lastError = '' }) => pattern.test(lastError)),
      { describe: scene.describe },
    );

  test('GeoServer refuses connections: the queue is held, no attempt is burnt, and all arrive when it is back', async () => {
    await primary.shut();
    const ingestion = await begin('refuses');
    await held('publish');
    await oneSays(ingestion, /GeoServer cannot be reached/);
    // several rounds of outage, each found out by one probe
    const rounds = await until('the hold is renewed', async () => {
      const steps = await Promise.all(
        (await scene.entries(ingestion)).map(({ dataset }) => scene.pipeline.ledger.steps(dataset)),
      );
      const met = steps.flat().filter(({ error = '' }) => error.startsWith('GEOSERVER_DOWN')).length;
      return met >= 8 && met;
    });
    assert.ok(rounds >= 8);
    await nothingBurnt(ingestion);
    await primary.open();
    await allArrive(ingestion);
  });

  test('GeoServer answers 503 for a while: the queue is held, and all arrive when it is back', async () => {
    const back = world.geoserver.failures.fail({ node: 0, match: '/rest/', answer: { status: 503 } });
    const ingestion = await begin('busy');
    await held('publish');
    await nothingBurnt(ingestion);
    back();
    await allArrive(ingestion);
  });

  test('a node that lags is waited for', async () => {
    world.geoserver.cluster.setDelay(1, 1_000);
    const ingestion = await begin('lags');
    await allArrive(ingestion);
    assert.ok(
      world.geoserver.requests.some(({ node, status, path }) => node === 1 && status === 404 && path.includes('lags_')),
    );
  });

  test('a node that is told nothing is written to by itself, and named in the history', async () => {
    world.geoserver.cluster.pause(2);
    const entries = await allArrive(await begin('untold'));
    const behind = `repaired on ${world.geoserver.nodes[2]}`;
    for (const { dataset } of entries) {
      const notes = (await scene.pipeline.ledger.steps(dataset)).map(({ note }) => note);
      assert.ok(notes.includes(behind), notes.join());
    }
  });

  test('a node that stays behind and takes nothing is named, and its layers arrive once it goes on', async () => {
    world.geoserver.cluster.pause(2);
    world.geoserver.failures.fail({ node: 2, match: /^(POST|PUT) /, answer: { status: 500 } });
    const ingestion = await begin('behind');
    const behind = world.geoserver.nodes[2] ?? '';
    const { lastError = '' } = await oneSays(ingestion, /was not drawn within/);
    assert.ok(lastError.includes(behind), lastError);
    assert.ok(!lastError.includes(primary.url) && !lastError.includes(world.geoserver.nodes[1] ?? '-'), lastError);
    world.geoserver.failures.clear();
    world.geoserver.cluster.resume(2);
    await allArrive(ingestion);
  });

  test('GeoServer that accepts and never answers is given up, and what it did meanwhile is not done again', async () => {
    letGo = world.geoserver.holdS3();
    const from = primary.requests.length;
    const ingestion = await begin('silent');
    // after the deadline it looks whether the layer is there, and that look waits for the same lock
    await until(
      'the layer is looked for after its request was given up',
      () => {
        const [post, ...later] = primary.requests.slice(from).filter(({ path }) => /\/coverages\b/.test(path));
        return post?.method === 'POST' && !post.answered && later.some(({ method }) => method === 'GET');
      },
      { withinMs: 10_000, describe: () => JSON.stringify(primary.requests.slice(from)) },
    );
    letGo();
    await allArrive(ingestion);
  });

  test('a layer that is made after its request was given up is confirmed, not made again', async () => {
    world.geoserver.failures.fail({ match: /POST .*\/coverages$/, answer: 'hang', done: true, times: 1 });
    const ingestion = await begin('late');
    await allArrive(ingestion);
    assert.equal(world.geoserver.count(/POST .*late_.*\/coverages$/), COUNT);
  });

  test('a broker that is away makes GeoServer say 500 for what it did: each node is told by itself', async () => {
    world.geoserver.cluster.setBroker(false);
    const ingestion = await begin('broker');
    await until('GeoServer answered 500', () =>
      world.geoserver.requests.some(({ method, status }) => method === 'POST' && status === 500),
    );
    await allArrive(ingestion);
  });

  test('an object store that dies and comes back: the upload is held, then goes on', async () => {
    const path = join(world.mount, 'held.tif');
    await writeFile(path, writeTiff({ width: 4_096, height: 3_000, compression: 'none', epsg: 32631, pixelSize: 1 }));
    assert.ok(world.s3.kill !== undefined && world.s3.restart !== undefined, 'a local object store');
    await world.s3.kill();
    const ingestion = await scene.ingest(pathToFileURL(path).href);
    await held('upload');
    await nothingBurnt(ingestion);
    await world.s3.restart();
    await allArrive(ingestion, 1);
  });

  test('Redis killed in the middle of the work and started again on its file loses nothing', async () => {
    assert.ok(world.redis.kill !== undefined && world.redis.restart !== undefined, 'a local Redis');
    const ingestion = await begin('redis');
    await until('something is published', () => world.geoserver.requests.some(({ path }) => path.includes('redis_')));
    await world.redis.kill();
    await world.redis.restart();
    await allArrive(ingestion);
  });

  test('GeoNode away: the register queue is held, no attempt is burnt, and all are registered when it is back', async () => {
    await geonode.shut();
    const ingestion = await begin('geonode');
    await held('register');
    await oneSays(ingestion, /GeoNode cannot be reached/);
    await nothingBurnt(ingestion);
    await geonode.open();
    await allArrive(ingestion);
  });

  test('a proxy answers 502 in the place of GeoNode: the same, with few requests', async () => {
    const back = geonode.fall('', 502);
    letGo = back;
    const seen = geonode.requests.length;
    const ingestion = await begin('proxy');
    await held('register');
    await oneSays(ingestion, /GeoNode answers 502/);
    await nothingBurnt(ingestion);
    // each that was let through before the queue was held, and its health
    assert.ok(geonode.requests.length - seen <= 4 * COUNT, `${geonode.requests.length - seen} requests`);
    back();
    await allArrive(ingestion);
  });
});
