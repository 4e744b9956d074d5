import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type PublishedLayer, parseLocation, Retry, SILENT } from '@geosluice/jobs';
import { createMemoryLedger } from '../../../../test/ports/memory-ledger.ts';
import type { GeoServerPort } from '../ports.ts';
import { createMemoryStore } from '../testing/memory-store.ts';
import { tidyPlaces } from './tidy-places.ts';

const TARGET = { bucket: 'geodata', prefix: 'rasters' };
const DATASET = `d${'a'.repeat(20)}`;
const OTHER = `d${'b'.repeat(20)}`;
const RASTER = 'r'.repeat(10);
const GRACE_MS = 60_000;
const LEASE_MS = 10_000;
const { signal } = new AbortController();

const OLD = { workspace: 'old', name: 'dem' };
const NEW = { workspace: 'new', name: 'dem' };

/** A dataset that was registered at one place, then at another, a minute before the clock's time. */
async function scene(from = OLD, to = NEW) {
  let clock = 1_000_000;
  const now = () => new Date(clock);
  const [ledger, store] = [createMemoryLedger(now), createMemoryStore()];
  const removed: string[] = [];
  const geoserver: Pick<GeoServerPort, 'remove' | 'gone'> = {
    gone: async () => ({ repaired: [] }),
    async remove({ workspace, name, dataset, isOurs }) {
      assert.equal(dataset, DATASET);
      assert.deepEqual([`x://geodata/${DATASET}/k.tif`, `x://geodata/${OTHER}/k.tif`].map(isOurs), [true, false]);
      removed.push(`${workspace}:${name}`);
      return 'removed';
    },
  };
  const show = async (at: { workspace: string; name: string }, generation: number): Promise<void> => {
    const claim = { dataset: DATASET, location: parseLocation('s3://inbox/a.tif'), ingestion: 'i', options: {} };
    const version = `${RASTER}-0`;
    await ledger.takeGeneration({ ...claim, expected: generation - 1, version, takenBy: `j${generation}` });
    assert.equal(await ledger.claimName({ ...at, dataset: DATASET }), DATASET);
    await ledger.apply(DATASET, generation, { ...at, state: 'uploading' }, { stage: 'discover' });
    const layer = { ...at, store: at.name } as PublishedLayer;
    await ledger.apply(
      DATASET,
      generation,
      { state: 'registering', layer, publishedVersion: version },
      { stage: 'publish' },
    );
    await ledger.apply(DATASET, generation, { state: 'visible' }, { stage: 'register' });
    store.objects.set(`geodata/rasters/${DATASET}/${RASTER}/${at.name}.tif`, Buffer.from('x'));
  };
  await show(from, 1);
  await show(to, 2);
  const ports = { ledger, geoserver, store, target: TARGET, graceMs: GRACE_MS, leaseMs: LEASE_MS, log: SILENT };
  return {
    ...{ ledger, geoserver, removed, show },
    pass: (ms: number) => {
      clock += ms;
    },
    run: () => tidyPlaces(ports, now, signal),
    objects: () => [...store.objects.keys()].map((key) => key.split('/').at(-1)),
    /** Who gets the old name when another asks for it. */
    owner: () => ledger.claimName({ ...from, dataset: OTHER }),
  };
}

test('what a dataset left goes once its grace is over, and not before; then its name is another’s', async () => {
  const { run, pass, removed, owner, objects, ledger } = await scene();
  pass(GRACE_MS - 1);
  assert.equal(await run(), 0);
  assert.deepEqual([removed, await owner()], [[], DATASET]);
  pass(1);
  assert.equal(await run(), 1);
  assert.deepEqual(removed, ['old:dem']);
  assert.deepEqual(objects(), ['dem.tif'], 'the object is the one that is shown');
  assert.deepEqual((await ledger.get(DATASET))?.places, [NEW]);
  assert.equal(await owner(), OTHER);
  pass(GRACE_MS);
  assert.equal(await run(), 0);
  assert.deepEqual(removed, ['old:dem'], 'once');
});

test('a dataset that went back is left alone, and the place it was at meanwhile goes', async () => {
  const { run, pass, removed, show } = await scene();
  pass(GRACE_MS - 1);
  await show(OLD, 3);
  pass(1);
  assert.equal(await run(), 0);
  pass(GRACE_MS);
  assert.equal(await run(), 1);
  assert.deepEqual(removed, ['new:dem']);
});

test('who dies over it keeps others out for a while, and then it is finished', async () => {
  const { run, pass, removed, owner, geoserver, ledger } = await scene();
  pass(GRACE_MS);
  const { remove } = geoserver;
  geoserver.remove = async (request) => {
    await remove(request);
    throw new Error('killed');
  };
  await assert.rejects(run(), /killed/);
  geoserver.remove = remove;
  assert.equal(await run(), 0);
  assert.deepEqual([removed, await owner()], [['old:dem'], DATASET], 'nobody gets the name before it is free');
  assert.equal(await ledger.claimName({ ...OLD, dataset: DATASET }), null, 'nor does who left it');
  pass(LEASE_MS);
  assert.equal(await run(), 1);
  assert.deepEqual([removed.length, await owner()], [2, OTHER]);
});

test('one that GeoServer does not let go keeps no other; a GeoServer that is away ends it for now', async () => {
  const { run, pass, removed, geoserver, show } = await scene();
  await show({ workspace: 'third', name: 'dem' }, 3);
  pass(GRACE_MS);
  const { remove } = geoserver;
  const failing = (down: boolean) => {
    geoserver.remove = async (request) => {
      if (request.workspace === 'old') throw new Retry('GEOSERVER_ERROR', 'no', { counterpart: 'geoserver', down });
      return await remove(request);
    };
  };
  failing(false);
  assert.equal(await run(), 1);
  assert.deepEqual(removed, ['new:dem']);
  pass(LEASE_MS);
  failing(true);
  await assert.rejects(run(), { code: 'GEOSERVER_ERROR' });
  geoserver.remove = remove;
  pass(LEASE_MS);
  assert.equal(await run(), 1);
});

test('an object that was called like the old layer goes with it, unless another place has that name', async () => {
  const { run, pass, objects, show } = await scene(OLD, { workspace: 'old', name: 'heights' });
  await show({ workspace: 'third', name: 'dem' }, 3);
  await show({ workspace: 'third', name: 'heights' }, 4);
  assert.deepEqual(objects(), ['dem.tif', 'heights.tif']);
  pass(GRACE_MS);
  assert.equal(await run(), 3);
  assert.deepEqual(objects(), ['heights.tif']);
});

test('a name is nobody else’s while a node draws the old layer still', async () => {
  const { run, pass, owner, geoserver } = await scene();
  const { gone } = geoserver;
  const missed: string[] = [];
  geoserver.gone = async ({ repair }) => {
    await repair?.('http://replica');
    missed.push('http://replica');
    throw new Retry('GEOSERVER_NODE_BEHIND', 'it has the store still', { counterpart: 'geoserver', down: false });
  };
  pass(GRACE_MS);
  assert.equal(await run(), 0);
  assert.deepEqual([missed, await owner()], [['http://replica'], DATASET]);
  geoserver.gone = gone;
  pass(LEASE_MS);
  assert.equal(await run(), 1);
  assert.equal(await owner(), OTHER);
});
