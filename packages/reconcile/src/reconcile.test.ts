import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { type LedgerEntry, parseLocation, Retry } from '@geosluice/jobs';
import type { Report } from './finding.ts';
import { type ReconcileOptions, reconcile, type Summary } from './reconcile.ts';
import { createMemoryWorld, idOf, type MemoryWorld, storeOf, uriOf } from './testing/memory-world.ts';

let world: MemoryWorld;
beforeEach(() => {
  world = createMemoryWorld(30);
});

async function run(over: Partial<ReconcileOptions> = {}): Promise<{ reports: Report[]; summary: Summary }> {
  const { signal } = new AbortController();
  const reports: Report[] = [];
  const running = reconcile(world.ports, { repair: false, yes: false, share: 0.05, signal, ...over });
  for (;;) {
    const { value, done } = await running.next();
    if (done === true) return { reports, summary: value };
    reports.push(value);
  }
}
const shortly = ({ difference, place, dataset, repair, outcome }: Report): string =>
  [difference, place, dataset, repair, outcome].join(' ');
const found = async (over: Partial<ReconcileOptions> = {}): Promise<string[]> => (await run(over)).reports.map(shortly);
const [one, two, three] = [idOf(1), idOf(2), idOf(3)];

test('where all agree nothing is reported, and everything was compared', async () => {
  const compared: number[] = [];
  const { reports, summary } = await run({ onProgress: (count) => compared.push(count) });
  assert.deepEqual(reports, []);
  assert.deepEqual(summary, { datasets: 30, nodes: ['http://one', 'http://two'], notCompared: [], held: 0, most: 10 });
  assert.deepEqual(compared, [10, 20, 30]);
});

test('no more than a page of the ledger is held, and no more than sixteen datasets are compared at once', async () => {
  world = createMemoryWorld(200);
  const [held, abreast] = [
    { now: 0, most: 0 },
    { now: 0, most: 0 },
  ];
  const more = (of: typeof held, by: number): void => {
    of.now += by;
    of.most = Math.max(of.most, of.now);
  };
  const { entries } = world.ports.ledger;
  const { head } = world.ports.bucket;
  world.ports.ledger.entries = async function* (signal) {
    for await (const page of entries(signal)) {
      more(held, page.length);
      yield page;
    }
  };
  world.ports.bucket.head = async (object, signal) => {
    more(abreast, 1);
    await new Promise(setImmediate);
    more(abreast, -1);
    more(held, -1);
    return await head(object, signal);
  };
  world.pageSize = 40;
  const { summary } = await run();
  assert.equal(summary.datasets, 200);
  assert.deepEqual([held.now, held.most], [0, 40]);
  assert.equal(abreast.most, 16);
});

test('of stores that no dataset owns the names alone are held, one list at a time', async () => {
  const lists = new Set<string>();
  let [open, most, looked] = [0, 0, 0];
  const { names, store } = world.ports.geoserver;
  world.ports.geoserver.names = async function* (node, workspace, signal) {
    open += 1;
    most = Math.max(most, open);
    lists.add(node);
    yield* names(node, workspace, signal);
    open -= 1;
  };
  world.ports.geoserver.store = async (node, at, signal) => {
    if (at.name === 'left') {
      assert.equal(open, 0, 'the list, which has to be read in time, is not kept waiting for a look');
      looked += 1;
    }
    return await store(node, at, signal);
  };
  for (const stores of world.stores.values()) {
    const [first] = stores;
    assert.ok(first !== undefined);
    stores.clear();
    stores.set('w:left', storeOf(idOf(99)));
    stores.set(...first);
  }
  await run();
  assert.deepEqual([lists.size, most, looked], [2, 1, 2]);
});

test('an object that is gone, or is another, is told', async () => {
  world.objects.delete(uriOf(one));
  world.objects.set(uriOf(two), { size: 5, etag: 'f' });
  const { reports } = await run();
  assert.deepEqual(reports.map(shortly), [`missing bucket ${one} retry found`, `differing bucket ${two} none found`]);
  assert.match(reports[1]?.what ?? '', /has 5 bytes and the ETag f, not 4 and e/);
});

test('each node is told by itself: a store that is missing, is stale, or has no layer', async () => {
  const [first, second] = ['http://one', 'http://two'].map((node) => world.stores.get(node));
  first?.delete('w:n1');
  second?.set('w:n2', storeOf(two, { url: 'minio://geodata/old.tif' }));
  second?.set('w:n3', storeOf(three, { complete: false, style: null }));
  assert.deepEqual(await found(), [
    `missing geoserver http://one ${one} retry found`,
    `stale geoserver http://two ${two} retry found`,
    `missing geoserver http://two ${three} retry found`,
  ]);
});

test('a store that is disabled differs, and a layer that is drawn otherwise than on the primary', async () => {
  const [first, second] = ['http://one', 'http://two'].map((node) => world.stores.get(node));
  first?.set('w:n1', storeOf(one, { enabled: false }));
  second?.set('w:n2', storeOf(two, { style: 'red' }));
  for (const stores of [first, second]) stores?.set('w:n3', storeOf(three, { style: 'chosen by people' }));
  assert.deepEqual(await found({ repair: true }), [
    `differing geoserver http://one ${one} retry asked`,
    `differing geoserver http://two ${two} retry asked`,
  ]);
  first?.delete('w:n2');
  const { reports } = await run();
  assert.deepEqual(
    reports.map(({ what }) => what),
    ['the store is disabled', 'the node has no such store'],
    'a primary without the layer says nothing of its style',
  );
});

test('in GeoNode: missing, of an earlier version, showing another layer, there twice', async () => {
  const change = (dataset: string, over: object): void => {
    const registered = world.registered.get(dataset);
    assert.ok(registered !== undefined);
    world.registered.set(dataset, { ...registered, ...over });
  };
  world.registered.delete(one);
  change(two, { version: 'bbbbbbbbbb-0' });
  change(three, { alternate: 'w:other' });
  change(idOf(4), { doubles: [77] });
  assert.deepEqual(await found(), [
    `missing geonode ${one} retry found`,
    `stale geonode ${two} retry found`,
    `differing geonode ${three} retry found`,
    `doubled geonode ${idOf(4)} none found`,
  ]);
});

test('a file that is gone is looked at, where its rule takes layers away', async () => {
  world.missed.add(one);
  assert.deepEqual(await found({ repair: true }), [`missing source ${one} look asked`]);
  assert.deepEqual(world.done, [`look ${one}`]);
});

test('a file that changed since it was brought in is stale at its source, and is looked at', async () => {
  world.changed.add(one);
  assert.deepEqual(await found({ repair: true }), [`stale source ${one} look asked`]);
  assert.deepEqual(world.done, [`look ${one}`]);
});

test('a dataset goes its road once, whatever is amiss with it; nothing is done unless it is asked for', async () => {
  world.objects.delete(uriOf(one));
  world.stores.get('http://one')?.delete('w:n1');
  world.registered.delete(one);
  assert.equal((await found()).length, 3);
  assert.deepEqual(world.done, []);
  assert.deepEqual(await found({ repair: true }), [
    `missing bucket ${one} retry asked`,
    `missing geoserver http://one ${one} retry asked`,
    `missing geonode ${one} retry asked`,
  ]);
  assert.deepEqual(world.done, [`retry ${one}`]);
});

test('a ledger that lost everything takes in what GeoNode holds, and nothing is taken away', async () => {
  world.entries.clear();
  const { registered } = world;
  const first = registered.get(one);
  assert.ok(first !== undefined);
  registered.set(one, { ...first, kept: null });
  const before = await run();
  assert.deepEqual(
    new Set(before.reports.map(({ difference, place }) => `${difference} ${place}`)),
    new Set(['missing ledger']),
  );
  assert.equal(before.reports.length, 30);
  const { reports } = await run({ repair: true });
  assert.deepEqual(new Set(reports.map(({ outcome }) => outcome)), new Set(['asked', 'done']));
  assert.deepEqual(world.done.slice(0, 2), ['ask s3://inbox/1.tif', `adopt ${two}`]);
  assert.equal(world.done.length, 30);
});

test('what nothing leads to is taken away: objects, contents, stores, registrations', async () => {
  const [gone, replaced, retired, removed] = [idOf(91), idOf(2), idOf(3), idOf(4)];
  world.objects.set(`s3://geodata/rasters/${gone}/aaaaaaaaaa/n.tif`, { size: 1, etag: 'e' });
  for (const dataset of [replaced, retired]) {
    world.objects.set(`s3://geodata/rasters/${dataset}/cccccccccc/n.tif`, { size: 1, etag: 'e' });
  }
  world.retired.add(`${retired} cccccccccc`);
  world.stores.get('http://two')?.set('w:left', storeOf(gone));
  world.stores.get('http://two')?.set('w:twice', storeOf(one));
  world.stores.get('http://two')?.set('w:foreign', storeOf(one, { dataset: null }));
  const entry = world.entries.get(removed);
  assert.ok(entry !== undefined);
  world.entries.set(removed, { ...entry, state: 'removed' });
  for (const stores of world.stores.values()) stores.delete('w:n4');
  assert.deepEqual(
    (await found({ repair: true })).sort(),
    [
      `doubled geoserver http://two ${one} remove done`,
      `orphaned bucket ${replaced} remove done`,
      `orphaned bucket ${gone} remove done`,
      `orphaned geonode ${removed} remove done`,
      `orphaned geoserver http://two ${gone} remove done`,
    ].sort(),
  );
  assert.deepEqual([...world.done].sort(), [
    `delete ${gone}`,
    'remove http://two w:left',
    'remove http://two w:twice',
    `retire ${replaced} cccccccccc`,
    `unregister ${removed}`,
  ]);
});

test('a layer that its dataset left is told where nobody is about to take it away, and its name becomes free with it', async () => {
  const [forgotten, awaits, moving, shown] = [idOf(1), idOf(2), idOf(3), idOf(4)];
  const change = (dataset: string, over: Partial<LedgerEntry>): void => {
    const entry = world.entries.get(dataset);
    assert.ok(entry !== undefined);
    world.entries.set(dataset, { ...entry, ...over });
  };
  for (const [at, dataset] of [forgotten, awaits, moving, shown].entries()) {
    const places = ['w', 'before'].map((workspace) => ({ workspace, name: `n${at + 1}` }));
    change(dataset, { places });
    world.stores.get('http://one')?.set(`before:n${at + 1}`, storeOf(dataset));
  }
  world.left.add(`${awaits} before:n2`);
  change(moving, { state: 'publishing' });
  const registered = world.registered.get(shown);
  assert.ok(registered !== undefined);
  world.registered.set(shown, { ...registered, alternate: 'before:n4' });
  const { reports } = await run({ repair: true });
  assert.deepEqual(reports.map(shortly), [
    `differing geonode ${shown} retry asked`,
    `doubled geoserver http://one ${forgotten} remove done`,
  ]);
  assert.equal(reports[1]?.what, `a second store of ${forgotten}, whose layer is w:n1`);
  assert.deepEqual(world.done, [`retry ${shown}`, `leave ${forgotten} before:n1`]);
});

test('more removals than the cap are all held, and go with yes', async () => {
  for (let number = 100; number < 111; number += 1) {
    world.objects.set(`s3://geodata/rasters/${idOf(number)}/aaaaaaaaaa/n.tif`, { size: 1, etag: 'e' });
  }
  const { reports, summary } = await run({ repair: true });
  assert.deepEqual(new Set(reports.map(({ outcome }) => outcome)), new Set(['held']));
  assert.deepEqual([reports.length, summary.held, summary.most], [11, 11, 10]);
  assert.deepEqual(world.done, []);
  assert.equal((await run()).reports.length, 11, 'shown all the same where nothing is to be mended');
  const all = await run({ repair: true, yes: true });
  assert.deepEqual(new Set(all.reports.map(({ outcome }) => outcome)), new Set(['done']));
  assert.equal(world.done.length, 11);
});

test('a dataset that moves while it is compared is left alone', async () => {
  world.objects.delete(uriOf(one));
  world.objects.delete(uriOf(two));
  const { head } = world.ports.bucket;
  world.ports.bucket.head = async (object, signal) => {
    const entry = world.entries.get(one);
    assert.ok(entry !== undefined);
    world.entries.set(one, { ...entry, state: 'publishing', updatedAt: '2026-11-02T00:00:00Z' });
    return await head(object, signal);
  };
  assert.deepEqual(await found(), [`missing bucket ${two} retry found`]);
});

test('a node that does not answer is named once, and the others are compared', async () => {
  world.silent.add('http://two');
  world.stores.get('http://one')?.delete('w:n30');
  const { reports, summary } = await run();
  assert.deepEqual(reports.map(shortly), [`missing geoserver http://one ${idOf(30)} retry found`]);
  assert.deepEqual(summary.notCompared, [{ place: 'geoserver http://two', error: 'http://two does not answer' }]);
});

test('a place that answers at the second or third time is not silent', async () => {
  const { store, names } = world.ports.geoserver;
  const failed = new Map<string, number>();
  const sometimes = (what: string): void => {
    const times = (failed.get(what) ?? 0) + 1;
    failed.set(what, times);
    if (times < 3) throw new Retry('GEOSERVER_TIMEOUT', 'no answer within a minute', { counterpart: 'geoserver' });
  };
  world.ports.geoserver.store = async (node, at, signal) => {
    if (at.name === 'n7') sometimes(node);
    return await store(node, at, signal);
  };
  world.ports.geoserver.names = async function* (node, workspace, signal) {
    sometimes(`names of ${node}`);
    yield* names(node, workspace, signal);
  };
  world.stores.get('http://two')?.delete('w:n30');
  world.stores.get('http://two')?.set('w:left', storeOf(idOf(99)));
  const { reports, summary } = await run({ pauseMs: 1 });
  assert.deepEqual(reports.map(shortly), [
    `missing geoserver http://two ${idOf(30)} retry found`,
    `orphaned geoserver http://two ${idOf(99)} remove found`,
  ]);
  assert.deepEqual(summary.notCompared, []);
});

test('a node whose list of stores breaks is named, and the other’s is read', async () => {
  const { names } = world.ports.geoserver;
  world.ports.geoserver.names = async function* (node, workspace, signal) {
    for await (const page of names(node, workspace, signal)) {
      yield page;
      if (node === 'http://one') throw new Error('broken off');
    }
  };
  for (const stores of world.stores.values()) stores.set('w:left', storeOf(idOf(99)));
  const { reports, summary } = await run();
  assert.deepEqual(reports.map(shortly), [`orphaned geoserver http://two ${idOf(99)} remove found`]);
  assert.deepEqual(summary.notCompared, [{ place: 'geoserver http://one', error: 'broken off' }]);
});

test('a source that does not answer says nothing of another', async () => {
  const entry = world.entries.get(one);
  assert.ok(entry !== undefined);
  world.entries.set(one, { ...entry, location: parseLocation('s3://elsewhere/1.tif') });
  for (const dataset of [one, two]) world.missed.add(dataset);
  world.silent.add('elsewhere');
  const { reports, summary } = await run();
  assert.deepEqual(reports.map(shortly), [`missing source ${two} look found`]);
  assert.deepEqual(summary.notCompared, [{ place: 'source s3://elsewhere', error: 'elsewhere does not answer' }]);
});

test('without the bucket the others are compared, and no object is called missing', async () => {
  world.silent.add('bucket');
  world.registered.delete(one);
  const { reports, summary } = await run();
  assert.deepEqual(reports.map(shortly), [`missing geonode ${one} retry found`]);
  assert.deepEqual(summary.notCompared, [{ place: 'bucket', error: 'bucket does not answer' }]);
});

test('without GeoNode nothing is called missing in it or orphaned by it, and what needs it not is found', async () => {
  world.silent.add('geonode');
  const gone = idOf(99);
  world.objects.set(`s3://geodata/rasters/${gone}/aaaaaaaaaa/n.tif`, { size: 1, etag: 'e' });
  world.objects.set(`s3://geodata/rasters/${two}/cccccccccc/n.tif`, { size: 1, etag: 'e' });
  world.stores.get('http://two')?.set('w:left', storeOf(gone));
  world.stores.get('http://one')?.delete('w:n1');
  const { reports, summary } = await run({ repair: true, yes: true });
  assert.deepEqual(reports.map(shortly), [
    `missing geoserver http://one ${one} retry asked`,
    `orphaned bucket ${two} remove done`,
  ]);
  assert.deepEqual(summary.notCompared, [{ place: 'geonode', error: 'geonode does not answer' }]);
});

test('a ledger that cannot be asked ends the run: nothing can be judged without it', async () => {
  world.stores.get('http://two')?.set('w:left', storeOf(idOf(99)));
  world.ports.ledger.owners = async () => {
    throw new Error('Redis is away');
  };
  await assert.rejects(run({ repair: true, yes: true }), /Redis is away/);
  assert.deepEqual(world.done, []);
});

test('a repair that fails is told, and the others go on', async () => {
  world.objects.delete(uriOf(one));
  world.objects.delete(uriOf(two));
  const { retry } = world.ports.ledger;
  world.ports.ledger.retry = async (dataset) => {
    if (dataset === one) throw new Error('Redis is away');
    await retry(dataset);
  };
  const { reports } = await run({ repair: true });
  assert.deepEqual(
    reports.map(({ outcome, error }) => [outcome, error]),
    [
      ['failed', 'Redis is away'],
      ['asked', undefined],
    ],
  );
});
