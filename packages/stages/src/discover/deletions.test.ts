import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { datasetIdOf, type Outcome, parseLocation } from '@geosluice/jobs';
import { createMemoryLedger, type MemoryLedger } from '../../../../test/ports/memory-ledger.ts';
import { testContext } from '../testing/context.ts';
import { discoverStage, inboxRule, inspectJobOf } from '../testing/discover-stage.ts';
import { createMemorySource, type MemorySource } from '../testing/memory-source.ts';
import { createMemoryStore } from '../testing/memory-store.ts';

const URIS = Array.from({ length: 40 }, (_, at) => `s3://inbox/a/dem${at}.tif`);
const [ONE = ''] = URIS;
const HOUR_MS = 3_600_000;
const DELETE = 'deletions: { policy: delete, graceHours: 24, capPercent: 10 }';
let source: MemorySource;
let ledger: MemoryLedger;
let at: Date;
/** `<dataset> <mode>` of each that was removed. */
let removed: string[];
/** Files that were told of by a listing or a look, with the hours until their own look. */
let sightings: Map<string, number>;

beforeEach(() => {
  source = createMemorySource();
  at = new Date('2026-11-01T00:00:00Z');
  removed = [];
  sightings = new Map();
  const memory = createMemoryLedger(() => at);
  ledger = {
    ...memory,
    async sighted(rule, datasets, next) {
      for (const dataset of datasets) sightings.set(dataset, (next.getTime() - at.getTime()) / HOUR_MS);
      await memory.sighted(rule, datasets, next);
    },
  };
});

const stage = (rule: string) =>
  discoverStage({
    ...{ sources: source, store: createMemoryStore(), ledger, rules: inboxRule(rule) },
    async remove(dataset, mode) {
      removed.push(`${dataset} ${mode}`);
      const generation = ((await ledger.get(dataset))?.generation ?? 0) + 1;
      await ledger.apply(dataset, generation, { state: 'removing' }, {});
    },
  });

let runs = 0;
async function look(uri: string, rule = DELETE): Promise<Outcome> {
  const job = inspectJobOf(uri, { reason: 'sweep', nonce: 'n' });
  runs += 1;
  return await stage(rule)(job, testContext({ jobId: `job-${runs}`, now: () => at }));
}

async function scan(rule = DELETE): Promise<Outcome> {
  const job = { schema: 1, stage: 'discover', kind: 'list', ingestion: 'i1', options: {}, depth: 0 } as const;
  const context = testContext({ now: () => at });
  return await stage(rule)({ ...job, source: parseLocation('s3://inbox/a/') }, context);
}

/** Files that went all the way. */
async function publish(uris: readonly string[], rule = DELETE): Promise<void> {
  for (const uri of uris) {
    source.put(uri, `tiff ${uri}`);
    const outcome = await look(uri, rule);
    assert.ok(outcome.kind === 'next' && outcome.jobs[0]?.stage === 'upload' && outcome.jobs[0].kind === 'add');
    const { dataset, generation, version } = outcome.jobs[0];
    await ledger.apply(dataset, generation, { state: 'visible', publishedVersion: version }, {});
    // as a listing or a later look does
    await look(uri, rule);
  }
}

const idOf = (uri: string): string => datasetIdOf(parseLocation(uri));
const noteOf = async (outcome: Promise<Outcome>): Promise<string | undefined> => (await outcome).note;

test('a file that is gone takes its layer with it once its grace is over, and not before', async () => {
  await publish(URIS);
  source.drop(ONE);
  assert.equal(await noteOf(look(ONE)), 'source-gone-in-grace');
  at = new Date(at.getTime() + 23 * HOUR_MS);
  assert.equal(await noteOf(look(ONE)), 'source-gone-in-grace');
  assert.deepEqual(removed, []);
  at = new Date(at.getTime() + HOUR_MS);
  assert.equal(await noteOf(look(ONE)), 'source-gone-removed');
  assert.deepEqual(removed, [`${idOf(ONE)} delete`]);
  assert.equal(await noteOf(look(ONE)), 'source-gone', 'on its way out already');
  assert.equal(removed.length, 1);
});

test('a file that is back within its grace stays, and its grace begins anew', async () => {
  await publish(URIS);
  source.drop(ONE);
  await look(ONE);
  at = new Date(at.getTime() + 20 * HOUR_MS);
  source.put(ONE, `tiff ${ONE}`);
  assert.equal(await noteOf(look(ONE)), 'unchanged');
  source.drop(ONE);
  at = new Date(at.getTime() + 20 * HOUR_MS);
  assert.equal(await noteOf(look(ONE)), 'source-gone-in-grace');
  assert.deepEqual(removed, []);
});

test('where more files of a rule are gone than its cap, no layer is taken away', async () => {
  await publish(URIS);
  const gone = URIS.slice(0, 5);
  for (const uri of gone) {
    source.drop(uri);
    await look(uri);
  }
  at = new Date(at.getTime() + 25 * HOUR_MS);
  for (const uri of gone) assert.equal(await noteOf(look(uri)), 'source-gone-over-cap');
  assert.deepEqual(removed, []);
  source.put(ONE, `tiff ${ONE}`);
  await look(ONE);
  assert.equal(await noteOf(look(gone[1] ?? '')), 'source-gone-removed', 'four of forty are a tenth');
});

test('unpublish keeps the object; keep, and a file that geosluice takes away itself, keep everything', async () => {
  const unpublish = 'deletions: { policy: unpublish, graceHours: 0, capPercent: 10 }';
  await publish(URIS, unpublish);
  source.drop(ONE);
  assert.equal(await noteOf(look(ONE, unpublish)), 'source-gone-removed');
  assert.deepEqual(removed, [`${idOf(ONE)} unpublish`]);
  const [, second = '', third = ''] = URIS;
  for (const [uri, rule] of [
    [second, 'deletions: { policy: keep, graceHours: 0 }'],
    [third, 'after: delete, deletions: { policy: delete, graceHours: 0 }'],
  ] as const) {
    source.drop(uri);
    assert.equal(await noteOf(look(uri, rule)), 'source-gone');
  }
  assert.equal(removed.length, 1);
  assert.equal(await noteOf(look(third, unpublish)), 'source-gone-removed', 'once the rule says so');
});

test('a listing puts off the look of each file it names, of rules that take layers away alone', async () => {
  await publish(URIS.slice(0, 2));
  sightings.clear();
  await scan();
  assert.deepEqual(sightings, new Map(URIS.slice(0, 2).map((uri) => [idOf(uri), 6])));
  sightings.clear();
  await scan('deletions: { policy: keep }');
  await scan(`after: delete, ${DELETE}`);
  assert.equal(sightings.size, 0);
  await scan('deletions: { policy: delete, graceHours: 0 }');
  assert.equal(sightings.get(idOf(ONE)), 1 / 6);
  await scan('deletions: { policy: delete, graceHours: 8000 }');
  assert.equal(sightings.get(idOf(ONE)), 24);
});
