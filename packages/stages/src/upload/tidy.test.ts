import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseLocation, SILENT } from '@geosluice/jobs';
import { createMemoryLedger } from '../../../../test/ports/memory-ledger.ts';
import { createMemoryStore } from '../testing/memory-store.ts';
import { tidy } from './tidy.ts';

const TARGET = { bucket: 'geodata', prefix: 'rasters' };
const DATASET = `d${'a'.repeat(20)}`;
const [OLD, NEW] = ['o'.repeat(10), 'n'.repeat(10)];
const { signal } = new AbortController();

async function scene() {
  const [ledger, store] = [createMemoryLedger(), createMemoryStore()];
  const location = parseLocation('s3://inbox/a.tif');
  const claim = { dataset: DATASET, location, ingestion: 'i', options: {}, expected: 0, takenBy: 'j' };
  await ledger.takeGeneration({ ...claim, version: `${NEW}-0` });
  await ledger.apply(DATASET, 1, { state: 'visible', publishedVersion: `${NEW}-0` }, {});
  for (const raster of [OLD, NEW]) {
    for (const ending of ['tif', '0123456789ab.xml']) {
      store.objects.set(`geodata/rasters/${DATASET}/${raster}/a.${ending}`, Buffer.from('x'));
    }
  }
  const left = (raster: string) => [...store.objects.keys()].filter((key) => key.includes(`/${raster}/`)).length;
  const run = (now: Date) => tidy({ ledger, store, target: TARGET, log: SILENT }, now, signal);
  return { ledger, store, claim, left, run };
}

test('a content goes with all that lies beside it once its grace is over, and not before', async () => {
  const { ledger, left, run } = await scene();
  await ledger.retire({ dataset: DATASET, raster: OLD, from: new Date(2000) });
  assert.equal(await run(new Date(1999)), 0);
  assert.equal(left(OLD), 2);
  assert.equal(await run(new Date(2000)), 1);
  assert.deepEqual([left(OLD), left(NEW)], [0, 2]);
  assert.equal(await run(new Date(3000)), 0);
});

test('what is shown, or on its way to be shown again, stays', async () => {
  const { ledger, claim, left, run } = await scene();
  await ledger.retire({ dataset: DATASET, raster: NEW, from: new Date(0) });
  assert.equal(await run(new Date(1)), 0);
  await ledger.takeGeneration({ ...claim, expected: 1, version: `${OLD}-0` });
  await ledger.retire({ dataset: DATASET, raster: OLD, from: new Date(0) });
  assert.equal(await run(new Date(1)), 0);
  assert.deepEqual([left(OLD), left(NEW)], [2, 2]);
  assert.deepEqual(await ledger.retired(new Date(1), 10), []);
});

test('a content that is replaced once more has its whole grace again', async () => {
  const { ledger, run } = await scene();
  await ledger.retire({ dataset: DATASET, raster: OLD, from: new Date(1000) });
  await ledger.retire({ dataset: DATASET, raster: OLD, from: new Date(5000) });
  assert.equal(await run(new Date(2000)), 0);
  assert.equal(await run(new Date(5000)), 1);
});

test('a store that fails in the middle leaves the rest for the next time', async () => {
  const { ledger, store, left, run } = await scene();
  await ledger.retire({ dataset: DATASET, raster: OLD, from: new Date(0) });
  const { deletePrefix } = store;
  store.deletePrefix = async () => {
    throw new Error('away');
  };
  await assert.rejects(run(new Date(1)), /away/);
  store.deletePrefix = deletePrefix;
  assert.equal(await run(new Date(1)), 1);
  assert.equal(left(OLD), 0);
});
