import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { GeoServerError, type PublishRequest } from '@geosluice/geoserver';
import { SILENT } from '@geosluice/jobs';
import { openPipeline, type Pipeline } from '@geosluice/pipeline';
import { until } from '../../world/until.ts';
import { startRedis } from '../redis.ts';
import type { GeoServerStandIn } from './index.ts';
import { makeRaster, requestFor, type Subject, startSubject } from './subject.ts';

/** With a gate that lets two writes through at once, on a Redis of its own. */
async function throughGateOfTwo(use: (gate: ReturnType<Pipeline['gate']>) => Promise<void>): Promise<void> {
  const redis = await startRedis();
  const pipeline = await openPipeline({ redisUrl: redis.url, prefix: 'gate' });
  const gate = pipeline.gate('geoserver', { first: 2, most: 2 });
  try {
    await use(gate);
  } finally {
    gate.close();
    await pipeline.close();
    await redis.stop();
  }
}

describe('[failure] the client and a GeoServer in trouble', () => {
  let subject: Subject;
  let standIn: GeoServerStandIn;
  before(async () => {
    subject = await startSubject({ onlyStandIn: true });
    standIn = subject.standIn!;
  });
  afterEach(async () => {
    standIn.failures.clear();
    standIn.cluster.setBroker(true);
    for (const node of [1, 2]) {
      standIn.cluster.setDelay(node, 30);
      standIn.cluster.resume(node);
    }
    await standIn.cluster.settled();
  });
  after(() => subject?.stop());

  /** A request whose object is there. */
  const prepared = async (overrides: Partial<PublishRequest> = {}) => {
    const { bytes, facts } = makeRaster({ width: 64, height: 64, epsg: 32633 });
    const request = requestFor(subject, facts, overrides);
    await subject.put(request.object.key, bytes);
    return request;
  };
  const drawn = async (request: PublishRequest, client = subject.geoserver) => {
    const layer = await subject.geoserver.publish(request);
    const { object, facts, signal } = request;
    return client.drawn({ layer, object, facts, signal, log: SILENT });
  };
  const failsWith =
    (code: string, more: Partial<GeoServerError> = {}) =>
    (error: unknown) => {
      assert.ok(error instanceof GeoServerError, String(error));
      assert.equal(error.code, code, error.message);
      assert.equal(error.counterpart, 'geoserver');
      for (const [key, value] of Object.entries(more)) assert.equal(error[key as keyof GeoServerError], value, key);
      return true;
    };

  test('a node that lags is waited for', async () => {
    const request = await prepared();
    standIn.cluster.setDelay(2, 600);
    const start = Date.now();
    await drawn(request);
    assert.ok(Date.now() - start >= 550);
  });

  test('a node that stays behind ends in a retry with its name', async () => {
    const request = await prepared();
    standIn.cluster.pause(2);
    const client = subject.client({ drawnDeadlineMs: 400 });
    await assert.rejects(
      drawn(request, client),
      failsWith('GEOSERVER_NODE_BEHIND', { means: 'retry', down: false, node: standIn.nodes[2] }),
    );
    standIn.cluster.resume(2);
    await drawn(request, client);
  });

  test('after a move, a node that still shows the old object is not taken for done', async () => {
    const request = await prepared();
    await drawn(request);
    const { bytes, facts } = makeRaster({ width: 64, height: 64, epsg: 32633, pixel: () => 9 });
    const object = { ...request.object, key: request.object.key.replace('/v1/', '/v2/') };
    await subject.put(object.key, bytes);
    standIn.cluster.pause(1);
    const client = subject.client({ drawnDeadlineMs: 400 });
    await assert.rejects(drawn({ ...request, object, facts }, client), (error) => {
      failsWith('GEOSERVER_NODE_BEHIND', { node: standIn.nodes[1] })(error);
      assert.match((error as Error).message, /points at another object/);
      return true;
    });
    standIn.cluster.resume(1);
    await drawn({ ...request, object, facts }, client);
  });

  test('a node that cannot be reached holds the queue', async () => {
    const request = await prepared();
    // the others have, so that they do so again within any deadline
    await drawn(request);
    const gone = 'http://127.0.0.1:1/geoserver';
    const client = subject.client({ nodes: [...standIn.nodes, gone], drawnDeadlineMs: 1_500 });
    await assert.rejects(drawn(request, client), failsWith('GEOSERVER_NODE_BEHIND', { node: gone, down: true }));
  });

  test('a map that comes as an exception is no map, and the exception is told', async () => {
    const request = await prepared();
    await drawn(request);
    standIn.failures.fail({
      match: /GetMap/,
      node: 1,
      answer: {
        status: 200,
        body: '<ServiceExceptionReport><ServiceException code="Oops">no</ServiceException></ServiceExceptionReport>',
      },
    });
    await assert.rejects(
      drawn(request, subject.client({ drawnDeadlineMs: 200 })),
      /127\.0\.0\.1:\d+\/geoserver: Oops: no/,
    );
  });

  test('a map without a visible pixel is not taken for drawn where the data is solid', async () => {
    const { bytes, facts } = makeRaster({ width: 64, height: 64, epsg: 32633 });
    const elsewhere = {
      ...facts,
      probeBbox: [600_000, 5_000_000, 600_100, 5_000_100] as [number, number, number, number],
    };
    const request = requestFor(subject, elsewhere);
    await subject.put(request.object.key, bytes);
    await assert.rejects(drawn(request, subject.client({ drawnDeadlineMs: 200 })), /the map is empty/);
  });

  test('a truncated TIFF draws for ever: each node is asked once, and the queue is not held for it', async () => {
    const { bytes, facts } = makeRaster({ width: 256, height: 256, epsg: 32633, pixel: (x, y) => (x * y) % 251 });
    const request = requestFor(subject, facts);
    await subject.put(request.object.key, bytes.subarray(0, bytes.length - 2_000));
    const client = subject.client({ mapTimeoutMs: 1_000, drawnDeadlineMs: 5_000 });
    await assert.rejects(drawn(request, client), failsWith('GEOSERVER_NODE_BEHIND', { down: false }));
    assert.equal(standIn.count(new RegExp(`${request.name}/wms.*GetMap`)), 3);
  });

  test('a publish that timed out is created afterwards, and the next attempt finds it', async () => {
    const request = await prepared();
    await subject.geoserver.publish({ ...(await prepared()), signal: request.signal });
    const release = standIn.holdS3();
    const client = subject.client({ writeTimeoutMs: 150, readTimeoutMs: 150 });
    await assert.rejects(client.publish(request), failsWith('GEOSERVER_TIMEOUT', { means: 'retry', down: true }));
    // the version answers while the catalog is locked: it proves nothing
    assert.equal((await subject.ask('GET', '/rest/about/version.json')).status, 200);
    await assert.rejects(client.publish(request), failsWith('GEOSERVER_TIMEOUT', { down: true }));
    release();
    await drawn(request);
    const posts = standIn.requests.filter(
      (each) => each.method === 'POST' && each.path.includes(`/${request.name}/coverages`) && each.status === 201,
    );
    assert.equal(posts.length, 1);
  });

  test('while the lock is held, writes never pile up behind it, however many publishes wait for their turn', async () => {
    await throughGateOfTwo(async (gate) => {
      await subject.geoserver.publish(await prepared());
      const requests = await Promise.all(Array.from({ length: 8 }, () => prepared({ fresh: true })));
      const release = standIn.holdS3();
      const start = standIn.requests.length;
      const inServer = () =>
        standIn.requests.slice(start).filter(({ method, status }) => method !== 'GET' && status === null).length;
      const client = subject.client({ writeTimeoutMs: 200, readTimeoutMs: 200, writes: gate.through });
      const all = Promise.allSettled(requests.map((request) => client.publish(request)));
      let most = 0;
      for (let looks = 0; looks < 40; looks += 1) {
        most = Math.max(most, inServer());
        await wait(50);
      }
      assert.ok(most >= 1 && most <= 2, `${most} writes in the server at once`);
      assert.ok(inServer() >= 1, 'given up by the client, and not by the server');
      release();
      // the next look of a job that timed out shows that its write is over, and the others have their turn
      const timedOut = requests.filter(({ name }) => standIn.requests.some(({ path }) => path.includes(`/${name}/`)));
      const patient = subject.client({});
      for (const request of timedOut) await client.publish({ ...request, fresh: false });
      await all;
      for (const request of requests) await patient.publish({ ...request, fresh: false });
      assert.equal(gate.stats().active, 0);
    });
  });

  test('writes have their turn at the gate: of many publishes, two are in the server at once', async () => {
    await throughGateOfTwo(async (gate) => {
      const requests = await Promise.all(Array.from({ length: 8 }, () => prepared({ fresh: true })));
      await subject.geoserver.publish(await prepared());
      const release = standIn.holdS3();
      const start = standIn.requests.length;
      const all = requests.map((request) => subject.client({ writes: gate.through }).publish(request));
      await wait(500);
      const under = standIn.requests.slice(start).filter(({ method, status }) => method !== 'GET' && status === null);
      assert.equal(under.length, 2);
      release();
      await Promise.all(all);
    });
  });

  test('an answer that is lost after the work was done makes no difference', async () => {
    for (const path of ['/coveragestores', '/coverages']) {
      const request = await prepared();
      standIn.failures.fail({
        match: (seen) => seen.method === 'POST' && seen.path.endsWith(path),
        answer: 'drop',
        done: true,
        times: 1,
      });
      await drawn(request);
    }
  });

  test('a 500 of a broker that is away is looked behind: the store is there', async () => {
    const request = await prepared();
    standIn.cluster.setBroker(false);
    const answer = await subject.ask('POST', '/rest/workspaces', {
      type: 'application/json',
      content: JSON.stringify({ workspace: { name: `broker_${process.pid}` } }),
    });
    assert.equal(answer.status, 500);
    const start = standIn.requests.length;
    await subject.geoserver.publish(request).catch((error: unknown) => failsWith('GEOSERVER_ERROR')(error));
    const made = standIn.requests.slice(start).filter((each) => each.method === 'POST');
    assert.deepEqual(
      made.map((each) => each.status),
      [500, 500],
    );
    // the primary has the layer; what is left is what its PUT was for
    assert.equal((await subject.ask('GET', `/rest/layers/geosluice_test:${request.name}.json`)).status, 200);
    standIn.cluster.setBroker(true);
    await subject.geoserver.publish(request);
  });

  test('a stale connection is tried again', async () => {
    const request = await prepared();
    await subject.geoserver.publish(request);
    standIn.failures.fail({ match: /^GET/, answer: 'drop', times: 1 });
    await subject.geoserver.publish(request);
    standIn.failures.fail({ match: /^PUT/, answer: 'drop', times: 1 });
    await subject.geoserver.publish({ ...request, title: 'Changed' });
    const next = await prepared();
    standIn.failures.fail({ match: /^POST/, answer: 'drop', times: 1 });
    await drawn(next);
  });

  test('an unavailable server, a wrong password and no server at all hold the queue', async () => {
    const request = await prepared();
    standIn.failures.fail({ answer: { status: 503, headers: { 'Retry-After': '7' } }, times: 1 });
    await assert.rejects(
      subject.geoserver.publish(request),
      failsWith('GEOSERVER_DOWN', { down: true, retryAfterMs: 7_000, means: 'retry' }),
    );
    const wrong = subject.client({ password: 'wrong' });
    await assert.rejects(wrong.publish(request), failsWith('GEOSERVER_UNAUTHORIZED', { down: true, means: 'retry' }));
    const away = subject.client({ url: 'http://127.0.0.1:1/geoserver' });
    await assert.rejects(away.publish(request), failsWith('GEOSERVER_DOWN', { down: true, means: 'retry' }));
  });

  test('what GeoServer says of the object decides who must act', async () => {
    const { facts } = makeRaster({ width: 64, height: 64, epsg: 32633 });
    const missing = requestFor(subject, facts);
    await assert.rejects(
      subject.geoserver.publish(missing),
      failsWith('GEOSERVER_OBJECT', { means: 'retry', down: false }),
    );

    standIn.aliases.set('away', { ...subject.s3, endpoint: 'http://127.0.0.1:1' });
    const request = await prepared();
    const away = subject.client({ s3geotiff: { alias: 'away' } });
    await assert.rejects(away.publish(request), failsWith('GEOSERVER_S3', { means: 'retry', down: true }));

    const unknown = subject.client({ s3geotiff: { alias: 'nobody' } });
    await assert.rejects(unknown.publish(await prepared()), failsWith('GEOSERVER_S3', { means: 'retry', down: true }));

    const text = requestFor(subject, facts);
    await subject.put(text.object.key, new TextEncoder().encode('this is no TIFF at all'));
    await assert.rejects(subject.geoserver.publish(text), failsWith('GEOSERVER_REFUSED', { means: 'reject' }));
  });

  test('a binding that GeoServer takes and forgets is noticed', async () => {
    const request = await prepared({
      style: { kind: 'own', name: 'forgotten', sld: '<StyledLayerDescriptor version="1.0.0"/>' },
    });
    standIn.failures.fail({ match: /^PUT \S+\/layers\//, answer: { status: 200 }, times: 1 });
    await assert.rejects(subject.geoserver.publish(request), failsWith('GEOSERVER_STYLE', { means: 'retry' }));
    await subject.geoserver.publish(request);
  });

  test('a replica that did not hear of the style has not drawn, and is brought in line by the same writes', async () => {
    const request = await prepared({
      style: { kind: 'shared', name: 'geosluice_grey', sld: '<StyledLayerDescriptor/>' },
    });
    const layer = await subject.geoserver.publish({ ...request, style: null });
    await standIn.cluster.settled();
    // the broker is away when the style is bound
    standIn.cluster.lose(2, 1);
    await subject.geoserver.publish(request);
    await standIn.cluster.settled();
    standIn.cluster.lose(2, 0);
    const client = subject.client({ drawnDeadlineMs: 400 });
    const asked = { ...request, layer };
    await assert.rejects(client.drawn(asked), /its layer has another style/);
    const repair = (node: string) => client.publish({ ...request, node });
    assert.deepEqual((await client.drawn({ ...asked, repair })).repaired, [standIn.nodes[2]]);
  });

  test('what is written to one node and takes another its layer is noticed', async () => {
    const request = await prepared();
    const layer = await subject.geoserver.publish(request);
    await subject.geoserver.drawn({ ...request, layer });
    const { workspace, name } = request;
    const authorization = `Basic ${Buffer.from(`${standIn.user}:${standIn.password}`).toString('base64')}`;
    const remove = (path: string) =>
      fetch(`${standIn.nodes[1]}/rest/workspaces/${workspace}/${path}`, {
        method: 'DELETE',
        headers: { authorization },
      });
    // a layer that one node lost, and told nobody of
    standIn.cluster.setBroker(false);
    assert.equal((await remove(`layers/${name}`)).status, 500);
    standIn.cluster.setBroker(true);
    const client = subject.client({ drawnDeadlineMs: 400 });
    const asked = { ...request, layer };
    const repair = async (node: string): Promise<void> => {
      if (node !== standIn.nodes[1]) return;
      // node 2 hears of the end of the coverage, late, and not of what comes in its place
      standIn.cluster.setDelay(2, 150);
      await remove(`coveragestores/${name}/coverages/${name}`);
      standIn.cluster.lose(2, 1);
      await client.publish({ ...request, node });
      standIn.cluster.lose(2, 0);
    };
    await assert.rejects(
      client.drawn({ ...asked, repair }),
      failsWith('GEOSERVER_NODE_BEHIND', { node: standIn.nodes[2] }),
    );
    standIn.cluster.setDelay(2, 0);
    const again = await client.drawn({ ...asked, repair: (node: string) => client.publish({ ...request, node }) });
    assert.deepEqual(again.repaired, [standIn.nodes[2]]);
  });

  test('a replica that did not hear that a layer was removed is brought in line when another dataset gets its name', async () => {
    const request = await prepared();
    await drawn(request);
    const { workspace, name, signal } = request;
    standIn.cluster.lose(2, 1);
    const removal = { workspace, name, dataset: request.dataset, isOurs: request.isOurs, signal, log: SILENT };
    assert.equal(await subject.geoserver.remove(removal), 'removed');
    const next = await prepared({ name, dataset: `d${'z'.repeat(20)}`, isOurs: () => false });
    const layer = await subject.geoserver.publish(next);
    await standIn.cluster.settled();
    standIn.cluster.lose(2, 0);
    const repair = (node: string) => subject.geoserver.publish({ ...next, node });
    const asked = { ...next, layer, repair };
    assert.deepEqual((await subject.client({ drawnDeadlineMs: 400 }).drawn(asked)).repaired, [standIn.nodes[2]]);
    await assert.rejects(subject.geoserver.publish(request), failsWith('NAME_TAKEN'), 'the primary is asked, not told');
  });

  test('a replica that did not hear what became of a style draws by another, and is brought in line by the same writes', async () => {
    const sld = (title: string) =>
      `<StyledLayerDescriptor version="1.0.0"><NamedLayer><Name>${title}</Name></NamedLayer></StyledLayerDescriptor>`;
    const client = subject.client({ drawnDeadlineMs: 400 });
    const request = await prepared();
    const own = { kind: 'own' as const, name: request.name, sld: sld('one') };
    const layer = await subject.geoserver.publish({ ...request, style: own });
    await subject.geoserver.drawn({ ...request, layer, style: own });
    type Asked = Exclude<PublishRequest['style'], undefined>;
    /** Makes a change that node 2 does not hear of, and lets it be found and mended. */
    const unheard = async (change: () => Promise<unknown>, style: Asked, reason: RegExp) => {
      standIn.cluster.lose(2, 1);
      await change();
      await standIn.cluster.settled();
      standIn.cluster.lose(2, 0);
      const asked = { ...request, layer, style };
      await client.publish(asked);
      await standIn.cluster.settled();
      await assert.rejects(client.drawn(asked), reason);
      const repair = (node: string) => client.publish({ ...asked, node });
      assert.deepEqual((await client.drawn({ ...asked, repair })).repaired, [standIn.nodes[2]]);
    };

    // the layer is bound to it already
    const changed = { ...own, sld: sld('two') };
    standIn.cluster.lose(2, 1);
    const asked = { ...request, layer, style: changed };
    await client.publish(asked);
    await standIn.cluster.settled();
    standIn.cluster.lose(2, 0);
    await assert.rejects(client.drawn(asked), /its style of that name is not the primary’s/);
    const repair = (node: string) => client.publish({ ...asked, node });
    assert.deepEqual((await client.drawn({ ...asked, repair })).repaired, [standIn.nodes[2]]);

    const plain = () => client.publish({ ...request, style: null });
    await unheard(plain, null, /its layer has another style/);
    const shared = { kind: 'shared' as const, name: `unheard_${process.pid}`, sld: sld('shared') };
    const make = () =>
      subject.ask('POST', `/rest/workspaces/${request.workspace}/styles?name=${shared.name}`, {
        type: 'application/vnd.ogc.sld+xml',
        content: shared.sld,
      });
    await unheard(make, shared, /it does not know the style yet/);
  });

  /** Of a layer that every node has: how it is removed, and what a node has of it. */
  const toRemove = async (overrides: Partial<Parameters<Subject['client']>[0]> = {}) => {
    const request = await prepared();
    await drawn(request);
    const client = subject.client({ drawnDeadlineMs: 400, ...overrides });
    const repair = (node: string) => client.remove({ ...request, node });
    const left = async (node: string) => {
      const { workspace, name } = request;
      const authorization = `Basic ${Buffer.from(`${standIn.user}:${standIn.password}`).toString('base64')}`;
      const below = `${node}/rest/workspaces/${workspace}`;
      const status = async (path: string) => (await fetch(`${below}/${path}`, { headers: { authorization } })).status;
      const each = {
        store: `coveragestores/${name}.json`,
        coverage: `coverages/${name}.json`,
        layer: `layers/${name}.json`,
      };
      const found = await Promise.all(Object.entries(each).map(async ([what, path]) => [what, await status(path)]));
      return found.filter(([, answer]) => answer === 200).map(([what]) => what);
    };
    return { request, client, repair, left };
  };

  test('a replica that lags behind a removal is waited for, and written nothing', async () => {
    const { request, client, repair, left } = await toRemove({ drawnDeadlineMs: 10_000 });
    standIn.cluster.setDelay(2, 600);
    const start = standIn.requests.length;
    await client.remove(request);
    assert.deepEqual(await client.gone({ ...request, repair }), { repaired: [] });
    assert.deepEqual(await left(standIn.nodes[2]!), []);
    const writes = standIn.requests.slice(start).filter(({ method, node }) => method !== 'GET' && node !== 0);
    assert.deepEqual(writes, []);
  });

  test('a replica that did not hear of a removal is sent the same deletes, and named', async () => {
    const { request, client, repair, left } = await toRemove();
    standIn.cluster.lose(2, 1);
    await client.remove(request);
    await standIn.cluster.settled();
    standIn.cluster.lose(2, 0);
    const behind = standIn.nodes[2]!;
    await assert.rejects(client.gone(request), (error) => {
      failsWith('GEOSERVER_NODE_BEHIND', { means: 'retry', down: false, node: behind })(error);
      assert.match((error as Error).message, /was not removed within 400 ms by .*: it has the store still$/);
      return true;
    });
    assert.deepEqual(await left(behind), ['store', 'coverage', 'layer']);
    assert.deepEqual(await client.gone({ ...request, repair }), { repaired: [behind] });
    assert.deepEqual(await left(behind), []);
    assert.deepEqual(await client.gone({ ...request, repair }), { repaired: [] });
  });

  test('whichever part of a removal a replica did not hear, nothing is left of it in the end', async () => {
    const removals = [await toRemove(), await toRemove(), await toRemove(), await toRemove()];
    // a removal is three changes: of four in a row, one loses the first, one the second and one the third
    standIn.cluster.lose(1, 4);
    for (const { request, client } of removals) await client.remove(request);
    await standIn.cluster.settled();
    standIn.cluster.lose(1, 0);
    const found: unknown[] = [];
    for (const { request, client, repair, left } of removals) {
      found.push(...(await left(standIn.nodes[1]!)));
      await client.gone({ ...request, repair });
      assert.deepEqual(await left(standIn.nodes[1]!), []);
    }
    assert.deepEqual(found.sort(), ['coverage', 'layer', 'store']);
  });

  test('a broker that is away at a removal makes no difference: each replica is told by itself', async () => {
    const { request, client, repair, left } = await toRemove();
    standIn.cluster.setBroker(false);
    assert.equal(await client.remove(request), 'removed');
    const { repaired } = await client.gone({ ...request, repair });
    assert.deepEqual([...repaired].sort(), standIn.nodes.slice(1).sort());
    for (const node of standIn.nodes) assert.deepEqual(await left(node), []);
  });

  test('what another has under the name on a replica stays there', async () => {
    const { request, client } = await toRemove();
    await client.remove(request);
    await client.gone(request);
    // a store of another dataset, and a layer in a store of another name
    const taken = await prepared({ name: request.name });
    await drawn(taken);
    const repair = async () => assert.fail('there is nothing of ours');
    assert.deepEqual(await client.gone({ ...request, repair }), { repaired: [] });

    const theirs = await prepared();
    await subject.geoserver.publish(theirs);
    const second = `${theirs.name}_second`;
    const inside = theirs.object.key.slice(theirs.object.key.lastIndexOf('/') + 1, -'.tif'.length);
    const path = `/rest/workspaces/${theirs.workspace}/coveragestores/${theirs.name}/coverages`;
    const content = JSON.stringify({ coverage: { name: second, nativeName: inside } });
    assert.equal((await subject.ask('POST', path, { type: 'application/json', content })).status, 201);
    await standIn.cluster.settled();
    const ours = { ...request, name: second };
    assert.equal(await client.remove(ours), 'absent');
    assert.deepEqual(await client.gone({ ...ours, repair }), { repaired: [] });
    const layer = `/rest/workspaces/${theirs.workspace}/layers/${second}.json`;
    assert.equal((await subject.ask('GET', layer)).status, 200);
  });

  test('a replica that cannot be reached holds the queue, and one that takes nothing is named', async () => {
    const away = 'http://127.0.0.1:1/geoserver';
    const unreachable = await toRemove({ nodes: [...standIn.nodes, away], drawnDeadlineMs: 1_500 });
    await unreachable.client.remove(unreachable.request);
    const repair = async () => assert.fail('it is not written to');
    await assert.rejects(
      unreachable.client.gone({ ...unreachable.request, repair }),
      failsWith('GEOSERVER_NODE_BEHIND', { node: away, down: true }),
    );

    const stubborn = await toRemove();
    standIn.cluster.lose(2, 1);
    await stubborn.client.remove(stubborn.request);
    await standIn.cluster.settled();
    standIn.cluster.lose(2, 0);
    standIn.failures.fail({ node: 2, match: /^DELETE/, answer: { status: 500 } });
    await assert.rejects(
      stubborn.client.gone({ ...stubborn.request, repair: stubborn.repair }),
      failsWith('GEOSERVER_NODE_BEHIND', { node: standIn.nodes[2], down: false }),
    );
    standIn.failures.clear();
    const { repaired } = await stubborn.client.gone({ ...stubborn.request, repair: stubborn.repair });
    assert.deepEqual(repaired, [standIn.nodes[2]]);
  });

  test('no turn among the writers is kept while replicas are waited for', async () => {
    await throughGateOfTwo(async (gate) => {
      const { request, client } = await toRemove({ writes: gate.through, drawnDeadlineMs: 10_000 });
      standIn.cluster.pause(2);
      await client.remove(request);
      const waits = client.gone(request);
      await until('the replica is asked', () =>
        standIn.requests.some(({ node, path }) => node === 2 && path.includes(`/${request.name}.json`)),
      );
      assert.equal(gate.stats().active, 0);
      await client.publish(await prepared({ fresh: true }));
      standIn.cluster.resume(2);
      await waits;
    });
  });

  test('an abort ends the wait at once, with its own reason', async () => {
    const request = await prepared();
    const layer = await subject.geoserver.publish(request);
    standIn.failures.fail({ match: /GetMap/, answer: 'hang' });
    const abort = new AbortController();
    const drawing = subject.geoserver.drawn({ ...request, layer, signal: abort.signal });
    const reason = new Error('shutting down');
    setImmediate(() => abort.abort(reason));
    await assert.rejects(drawing, (error) => error === reason);
  });

  test('in all of this nothing was reset or reloaded, and no capabilities were fetched', () => {
    assert.equal(standIn.count(/\/(reset|reload)\b/), 0);
    assert.equal(standIn.count(/GetCapabilities/i), 0);
  });
});
