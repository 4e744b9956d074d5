import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type IngestOptions, type LedgerEntry, optionsPart, parseVersion } from '@geosluice/jobs';
import { decideClaim, decideWait, isDescriptionOnly } from './decide-way.ts';

const A = 'aaaaaaaaaa-0';
const A_DESCRIBED = 'aaaaaaaaaa-mmmmmmmmmm';
const B = 'bbbbbbbbbb-0';

function entry(over: Partial<LedgerEntry> = {}): LedgerEntry {
  return {
    dataset: 'daaaaaaaaaaaaaaaaaaaa',
    uri: 's3://inbox/a.tif',
    location: { kind: 's3', bucket: 'inbox', key: 'a.tif' },
    ingestion: 'i1',
    options: {},
    state: 'visible',
    version: A,
    generation: 1,
    takenBy: 'job-1',
    warnings: [],
    createdAt: '2026-01-01T00:00:00Z',
    updatedAt: '2026-01-01T00:00:00Z',
    ...over,
  };
}
const seen = (version: string, over: { jobId?: string; force?: boolean } = {}) => ({
  version,
  jobId: 'job-2',
  force: false,
  ...over,
});

test('an unknown dataset and one never inspected take a generation', () => {
  assert.equal(decideClaim(null, seen(A)), 'take');
  assert.equal(decideClaim(entry({ generation: 0, state: 'found', version: '' }), seen(A)), 'take');
});

test('the same version is left alone in every state behind inspection, dead letters included', () => {
  for (const state of ['uploading', 'publishing', 'registering', 'visible', 'dead', 'removed'] as const) {
    assert.equal(decideClaim(entry({ state }), seen(A)), 'unchanged', state);
  }
});

test('a generation another job took and did not finish inspecting is taken again', () => {
  assert.equal(decideClaim(entry({ state: 'inspecting' }), seen(A)), 'take');
});

test('the job that took the generation goes on under it, however far the ledger is', () => {
  for (const state of ['inspecting', 'uploading', 'dead'] as const) {
    assert.equal(decideClaim(entry({ state, takenBy: 'job-2' }), seen(A)), 'continue', state);
  }
  assert.equal(decideClaim(entry({ takenBy: 'job-2' }), seen(B)), 'take', 'but not for another version');
});

test('another version and a forced look take a generation', () => {
  assert.equal(decideClaim(entry(), seen(B)), 'take');
  assert.equal(decideClaim(entry(), seen(A, { force: true })), 'take');
});

const published = entry({
  publishedVersion: A,
  name: 'a',
  workspace: 'geosluice',
  facts: {} as NonNullable<LedgerEntry['facts']>,
  object: {} as NonNullable<LedgerEntry['object']>,
  layer: { style: null } as NonNullable<LedgerEntry['layer']>,
});
const plain = { styled: false, force: false };

test('a changed sidecar of a published raster goes straight to register, and so do options of the description', () => {
  assert.equal(isDescriptionOnly(published, parseVersion(A_DESCRIBED), plain), true);
  const options = (asked: IngestOptions) => ({ ...parseVersion(A), options: optionsPart(asked) });
  assert.equal(isDescriptionOnly(published, options({ permissions: 'owner' }), plain), true);
  assert.equal(isDescriptionOnly(published, options({ style: 'dem' }), plain), false);
  const shared = { ...published, layer: { style: 'geosluice_grey' } as NonNullable<LedgerEntry['layer']> };
  assert.equal(isDescriptionOnly(shared, parseVersion(A_DESCRIBED), plain), true);
  const own = { ...published, layer: { style: 'a' } as NonNullable<LedgerEntry['layer']> };
  assert.equal(isDescriptionOnly(own, parseVersion(A_DESCRIBED), plain), false);
});

test('a changed raster, a style, a replay, a removal and a layer that is not there take the whole road', () => {
  assert.equal(isDescriptionOnly(published, parseVersion(B), plain), false);
  assert.equal(isDescriptionOnly(published, parseVersion(A_DESCRIBED), { styled: true, force: false }), false);
  assert.equal(isDescriptionOnly(published, parseVersion(A_DESCRIBED), { styled: false, force: true }), false);
  assert.equal(isDescriptionOnly({ ...published, state: 'removed' }, parseVersion(A_DESCRIBED), plain), false);
  assert.equal(isDescriptionOnly(entry(), parseVersion(A_DESCRIBED), plain), false);
  // the raster changed, its upload failed, then its sidecar came: the layer still shows the old raster
  assert.equal(isDescriptionOnly({ ...published, version: B }, parseVersion('bbbbbbbbbb-mmmmmmmmmm'), plain), false);
});

test('a required sidecar is waited for until the grace is over', () => {
  const wait = { required: true, present: false, sinceMs: 1_000, graceMs: 600_000 };
  assert.deepEqual(decideWait({ ...wait, nowMs: 1_000 }), { kind: 'wait', afterMs: 60_000 });
  assert.deepEqual(decideWait({ ...wait, nowMs: 591_000 }), { kind: 'wait', afterMs: 10_000 });
  assert.deepEqual(decideWait({ ...wait, nowMs: 601_000 }), { kind: 'expired' });
  assert.deepEqual(decideWait({ ...wait, nowMs: 601_000, present: true }), { kind: 'go' });
  assert.deepEqual(decideWait({ ...wait, nowMs: 601_000, required: false }), { kind: 'go' });
});
