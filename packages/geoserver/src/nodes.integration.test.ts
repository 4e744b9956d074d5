import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import type { Log } from '@geosluice/jobs';
import type { GeoServerStandIn } from '../../../test/counterparts/geoserver/index.ts';
import { makeRaster, requestFor, type Subject, startSubject } from '../../../test/counterparts/geoserver/subject.ts';
import { GeoServerError } from './index.ts';

let subject: Subject;
let standIn: GeoServerStandIn;
before(async () => {
  subject = await startSubject({ onlyStandIn: true });
  standIn = subject.standIn!;
});
after(() => subject.stop());

/** The stand-in's nodes but the first as replicas behind a name each. */
const byName = () =>
  standIn.nodes.slice(1).map((url, at) => `dns+${url.replace('127.0.0.1', `replica-${at + 1}.test`)}`);

async function published(overrides: Parameters<Subject['client']>[0]) {
  const { bytes, facts } = makeRaster({ width: 64, height: 64, epsg: 32633, pixel: () => 7 });
  const request = requestFor(subject, facts);
  await subject.put(request.object.key, bytes);
  const client = subject.client({ nodes: byName(), lookupHoldsMs: 0, ...overrides });
  return { client, request: { ...request, layer: await client.publish(request) } };
}

/** Resolves when that event is logged for the first time. */
function logged(event: string): { log: Log; seen: Promise<void> } {
  const { promise, resolve } = Promise.withResolvers<void>();
  const note = (_data: unknown, name: string): void => {
    if (name === event) resolve();
  };
  const log = { debug: note, info: note, warn: note, error: note, child: () => log } as unknown as Log;
  return { log, seen: promise };
}

suite('replicas that are found by name', () => {
  test('a layer is drawn when every address has drawn it', async () => {
    const { client, request } = await published({ lookup: async () => ['127.0.0.1'] });
    const before = standIn.count('GetMap');
    await client.drawn(request);
    assert.ok(standIn.count('GetMap') >= before + 3);
    const { nodes } = await client.check(request.signal);
    assert.equal(nodes[0]?.url, standIn.nodes[0], 'the primary comes first');
    assert.deepEqual(
      // the others as their addresses are sorted
      nodes.map(({ url, ok }) => `${url} ${ok}`).sort(),
      standIn.nodes.map((url) => `${url} true`).sort(),
    );
  });

  test('one that stays behind is waited for and named', async () => {
    standIn.cluster.pause(2);
    const { client, request } = await published({ lookup: async () => ['127.0.0.1'], drawnDeadlineMs: 400 });
    await assert.rejects(client.drawn(request), { code: 'GEOSERVER_NODE_BEHIND', node: standIn.nodes[2] });
    standIn.cluster.resume(2);
    await client.drawn(request);
  });

  test('one that was told nothing by the deadline is brought in line by itself, once it is known what it lacks', async () => {
    standIn.cluster.pause(2);
    const { client, request } = await published({ lookup: async () => ['127.0.0.1'], drawnDeadlineMs: 2_000 });
    const asked: string[] = [];
    const repair = async (node: string) => {
      asked.push(node);
      return await client.publish({ ...request, node });
    };
    const behind = standIn.nodes[2]!;
    assert.deepEqual(await client.drawn({ ...request, repair }), { repaired: [behind] });
    assert.deepEqual(asked, [behind]);
    // what it hears of late changes nothing
    standIn.cluster.resume(2);
    await standIn.cluster.settled();
    assert.deepEqual(await client.drawn({ ...request, repair }), { repaired: [] });
  });

  test('one that cannot be brought in line is named with its own reason', async () => {
    standIn.cluster.pause(2);
    const { client, request } = await published({ lookup: async () => ['127.0.0.1'], drawnDeadlineMs: 400 });
    const repair = async () => {
      throw new GeoServerError('GEOSERVER_ERROR', 'it takes nothing');
    };
    await assert.rejects(client.drawn({ ...request, repair }), {
      code: 'GEOSERVER_NODE_BEHIND',
      message: /it does not know the store yet/,
    });
    standIn.cluster.resume(2);
  });

  test('one that is taken away meanwhile is waited for no longer', async () => {
    let there = ['127.0.0.1'];
    const { client, request } = await published({
      nodes: ['dns+http://gone.test:1/geoserver'],
      lookup: async (host) => (host === 'gone.test' ? there : ['127.0.0.1']),
    });
    const { log, seen } = logged('Node:Draw:Wait');
    const drawn = client.drawn({ ...request, log });
    await seen;
    there = [];
    await drawn;
  });

  test('one that is taken away while a removal is waited for is waited for no longer', async () => {
    let there = ['127.0.0.1'];
    const { client, request } = await published({
      nodes: ['dns+http://gone.test:1/geoserver'],
      lookup: async (host) => (host === 'gone.test' ? there : ['127.0.0.1']),
    });
    await client.remove(request);
    const { log, seen } = logged('Node:Remove:Wait');
    const gone = client.gone({ ...request, log });
    await seen;
    there = [];
    assert.deepEqual(await gone, { repaired: [] });
  });

  test('one that joins meanwhile has to draw it too', async () => {
    const [first = '', second = ''] = byName();
    let joined = false;
    standIn.cluster.pause(1);
    const { client, request } = await published({
      nodes: [first, second],
      lookup: async (host) => (host === 'replica-2.test' && !joined ? [] : ['127.0.0.1']),
    });
    const { log, seen } = logged('Node:Draw:Wait');
    const drawn = client.drawn({ ...request, log });
    await seen;
    const before = standIn.requests.length;
    joined = true;
    standIn.cluster.resume(1);
    await drawn;
    const port = new URL(standIn.nodes[2] ?? '').port;
    const asked = standIn.requests.slice(before).filter(({ node }) => node === 2);
    assert.ok(
      asked.some(({ path }) => path.includes('GetMap')),
      `nothing was asked of the node at ${port}`,
    );
  });
});
