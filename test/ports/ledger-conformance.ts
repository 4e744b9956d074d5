import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { datasetIdOf, formatLocation, type Location } from '@geosluice/jobs';
import type { MemoryLedger } from './memory-ledger.ts';

export interface OpenLedger {
  ledger: MemoryLedger;
  close(): Promise<void>;
}

let count = 0;
const freshLocation = (): Location => {
  count += 1;
  return { kind: 's3', bucket: 'inbox', key: `conformance/${process.pid}-${count}.tif` };
};
const V1 = 'aaaaaaaaaa-0';
const V2 = 'aaaaaaaaaa-bbbbbbbbbb';

/** What every ledger must do; run it with each implementation. */
export function ledgerConformance(name: string, open: () => Promise<OpenLedger>): void {
  suite(`${name} is a ledger`, () => {
    let opened: OpenLedger;
    let ledger: MemoryLedger;
    before(async () => {
      opened = await open();
      ledger = opened.ledger;
    });
    after(() => opened.close());

    const claimOf = (location: Location, expected: number, version = V1, takenBy = 'job') => ({
      ...{ dataset: datasetIdOf(location), location, ingestion: 'i1', options: { srs: 'EPSG:4326' } },
      ...{ expected, version, takenBy },
    });
    const taken = async (): Promise<string> => {
      const location = freshLocation();
      assert.equal(await ledger.takeGeneration(claimOf(location, 0)), 1);
      return datasetIdOf(location);
    };

    test('an unknown dataset has no entry, no steps, and takes no record', async () => {
      const dataset = datasetIdOf(freshLocation());
      assert.equal(await ledger.get(dataset), null);
      assert.deepEqual(await ledger.steps(dataset), []);
      assert.equal(await ledger.apply(dataset, 1, { state: 'uploading' }, { stage: 'discover' }), 'unknown');
      assert.equal(await ledger.get(dataset), null);
    });

    test('entering creates what is unknown and leaves alone what is known', async () => {
      const location = freshLocation();
      const dataset = datasetIdOf(location);
      await ledger.enter([{ dataset, location, ingestion: 'i1', options: {} }]);
      const entry = await ledger.get(dataset);
      assert.equal(entry?.state, 'found');
      assert.equal(entry?.generation, 0);
      assert.equal(entry?.uri, formatLocation(location));
      assert.deepEqual(entry?.location, location);
      assert.deepEqual(entry?.warnings, []);
      await ledger.takeGeneration(claimOf(location, 0));
      await ledger.enter([{ dataset, location, ingestion: 'i2', options: {} }]);
      assert.equal((await ledger.get(dataset))?.generation, 1);
      assert.equal((await ledger.get(dataset))?.ingestion, 'i1');
    });

    test('the first generation creates the entry, and names who took it', async () => {
      const location = freshLocation();
      assert.equal(await ledger.takeGeneration(claimOf(location, 0, V1, 'first')), 1);
      const entry = await ledger.get(datasetIdOf(location));
      assert.equal(entry?.state, 'inspecting');
      assert.equal(entry?.version, V1);
      assert.equal(entry?.takenBy, 'first');
      assert.deepEqual(entry?.options, { srs: 'EPSG:4326' });
    });

    test('a generation is taken by one only, however many ask at once', async () => {
      const location = freshLocation();
      const claims = Array.from({ length: 8 }, (_, index) => claimOf(location, 0, V1, `job${index}`));
      const answers = await Promise.all(claims.map((claim) => ledger.takeGeneration(claim)));
      assert.deepEqual(
        answers.filter((answer) => answer !== null),
        [1],
      );
      assert.equal(await ledger.takeGeneration(claimOf(location, 0, V2)), null);
      assert.equal(await ledger.takeGeneration(claimOf(location, 1, V2)), 2);
    });

    test('comparing tells new, changed and known apart, in order', async () => {
      const known = await taken();
      const entered = freshLocation();
      await ledger.enter([{ dataset: datasetIdOf(entered), location: entered, ingestion: 'i1', options: {} }]);
      const answers = await ledger.compare([
        { dataset: datasetIdOf(freshLocation()), version: V1 },
        { dataset: known, version: V1 },
        { dataset: known, version: V2 },
        { dataset: datasetIdOf(entered), version: V1 },
      ]);
      assert.deepEqual(answers, ['new', 'known', 'changed', 'changed']);
      assert.deepEqual(await ledger.compare([]), []);
    });

    test('a record of a lower generation changes nothing', async () => {
      const location = freshLocation();
      const dataset = datasetIdOf(location);
      await ledger.takeGeneration(claimOf(location, 0));
      await ledger.takeGeneration(claimOf(location, 1, V2));
      const earlier = await ledger.get(dataset);
      assert.equal(
        await ledger.apply(dataset, 1, { state: 'publishing', title: 'old' }, { stage: 'upload' }),
        'superseded',
      );
      assert.deepEqual(await ledger.get(dataset), earlier);
    });

    test('within a generation the state only goes forward, while the rest of a record is kept', async () => {
      const dataset = await taken();
      await ledger.apply(dataset, 1, { state: 'publishing' }, { stage: 'upload' });
      assert.equal(
        await ledger.apply(dataset, 1, { state: 'uploading', title: 'kept' }, { stage: 'discover' }),
        'applied',
      );
      const entry = await ledger.get(dataset);
      assert.equal(entry?.state, 'publishing');
      assert.equal(entry?.title, 'kept');
    });

    test('a new generation begins again at inspecting and forgets the old failure', async () => {
      const location = freshLocation();
      const dataset = datasetIdOf(location);
      await ledger.takeGeneration(claimOf(location, 0));
      const reason = { code: 'NO_CRS', message: 'no crs', stage: 'discover' as const };
      await ledger.apply(dataset, 1, { state: 'dead', reason, lastError: 'no crs' }, { stage: 'discover' });
      assert.deepEqual((await ledger.get(dataset))?.reason, reason);
      await ledger.takeGeneration(claimOf(location, 1, V2));
      const entry = await ledger.get(dataset);
      assert.equal(entry?.state, 'inspecting');
      assert.equal(entry?.reason, undefined);
      assert.equal(entry?.lastError, undefined);
    });

    test('a dead dataset stays dead within its generation', async () => {
      const dataset = await taken();
      const reason = { code: 'TRUNCATED', message: 'short', stage: 'discover' as const };
      await ledger.apply(dataset, 1, { state: 'dead', reason }, { stage: 'discover' });
      await ledger.apply(dataset, 1, { state: 'visible' }, { stage: 'register' });
      assert.equal((await ledger.get(dataset))?.state, 'dead');
    });

    test('what is visible has neither a job nor an error left', async () => {
      const dataset = await taken();
      const job = { stage: 'upload' as const, id: 'x' };
      await ledger.apply(dataset, 1, { state: 'uploading', job }, { stage: 'discover' });
      assert.deepEqual((await ledger.get(dataset))?.job, job);
      await ledger.apply(dataset, 1, { lastError: 'away' }, { stage: 'upload', error: 'away', attempt: 1 });
      assert.equal((await ledger.get(dataset))?.lastError, 'away');
      await ledger.apply(dataset, 1, { state: 'visible' }, { stage: 'register' });
      const entry = await ledger.get(dataset);
      assert.equal(entry?.state, 'visible');
      assert.equal(entry?.job, undefined);
      assert.equal(entry?.lastError, undefined);
    });

    test('the last 50 steps are kept, newest first', async () => {
      const dataset = await taken();
      for (let index = 1; index <= 60; index += 1) {
        await ledger.apply(dataset, 1, {}, { stage: 'upload', note: `step ${index}`, attempt: index });
      }
      const steps = await ledger.steps(dataset);
      assert.equal(steps.length, 50);
      assert.equal(steps[0]?.note, 'step 60');
      assert.equal(steps[0]?.attempt, 60);
      assert.equal(steps[0]?.generation, 1);
      assert.equal(steps[0]?.state, 'inspecting');
      assert.equal(steps[49]?.note, 'step 11');
      assert.ok(!Number.isNaN(Date.parse(steps[0]?.at ?? '')));
    });

    test('a name belongs to the first that claims it, until its dataset is removed', async () => {
      const [one, two] = [await taken(), await taken()];
      const claim = { workspace: 'w', name: `n${one.slice(1, 9)}` };
      assert.equal(await ledger.claimName({ ...claim, dataset: one }), one);
      assert.equal(await ledger.claimName({ ...claim, dataset: two }), one);
      assert.equal(await ledger.claimName({ ...claim, workspace: 'w2', dataset: two }), two);
      await ledger.apply(one, 1, { ...claim, state: 'removed' }, { stage: 'upload' });
      assert.equal(await ledger.claimName({ ...claim, dataset: two }), two);
    });

    /** A visible dataset that was at one place and is at another since its second generation. */
    const moved = async () => {
      const location = freshLocation();
      const dataset = datasetIdOf(location);
      const name = `m${dataset.slice(1, 9)}`;
      const [from, to] = [
        { workspace: 'from', name },
        { workspace: 'to', name },
      ];
      const moves = async (at: { workspace: string; name: string }, generation: number): Promise<void> => {
        await ledger.takeGeneration(claimOf(location, generation - 1, generation % 2 === 1 ? V1 : V2));
        assert.equal(await ledger.claimName({ ...at, dataset }), dataset);
        await ledger.apply(dataset, generation, { ...at, state: 'uploading' }, { stage: 'discover' });
        await ledger.apply(dataset, generation, { state: 'registering' }, { stage: 'publish' });
      };
      const shown = (generation: number) =>
        ledger.apply(dataset, generation, { state: 'visible' }, { stage: 'register' });
      await moves(from, 1);
      await shown(1);
      await moves(to, 2);
      const leftOf = async (until = new Date()) =>
        (await ledger.left(until, 1_000)).filter((place) => place.dataset === dataset);
      return { dataset, from: { ...from, dataset }, to: { ...to, dataset }, moves, shown, leftOf };
    };
    const other = (dataset: string): string => `d${dataset.slice(1).split('').reverse().join('')}`;
    const soon = (): Date => new Date(Date.now() + 60_000);

    test('what a dataset owns stands in its entry, and a place is left once it is registered elsewhere, not before', async () => {
      const { dataset, from, to, shown, leftOf } = await moved();
      const places = [from, to].map(({ workspace, name }) => ({ workspace, name }));
      assert.deepEqual((await ledger.get(dataset))?.places, places);
      assert.deepEqual(await leftOf(soon()), []);
      const before = Date.now();
      await shown(2);
      assert.deepEqual(await leftOf(new Date(before - 1)), []);
      assert.deepEqual(await leftOf(), [from]);
      await wait(5);
      const shortlyBefore = new Date(Date.now() - 3);
      await shown(2);
      assert.deepEqual(await leftOf(shortlyBefore), [from], 'saying it again does not put it off');
      assert.equal(await ledger.claimName({ ...from, dataset: other(dataset) }), dataset, 'nobody else gets its name');
    });

    test('a place that is left is taken away by one at a time, and is free after that', async () => {
      const { dataset, from, to, shown, leftOf } = await moved();
      await shown(2);
      const [until, again] = [new Date(), soon()];
      assert.equal(await ledger.vacate(from, { until: new Date(0), again }), false, 'not before its time');
      assert.equal(await ledger.vacate(from, { until, again }), true);
      assert.equal(await ledger.vacate(from, { until, again }), false, 'another is at it');
      assert.equal(await ledger.claimName(from), null, 'nor does its own dataset get it meanwhile');
      assert.equal(await ledger.claimName({ ...from, dataset: other(dataset) }), dataset);
      const late = new Date(again.getTime() + 1);
      assert.equal(await ledger.vacate(from, { until: again, again: late }), true, 'who was at it may have died');
      await ledger.free(from, again);
      assert.deepEqual(await leftOf(late), [from], 'who lost it to another frees nothing');
      await ledger.free(from, late);
      await ledger.free(from, late);
      assert.deepEqual(await leftOf(late), []);
      assert.deepEqual((await ledger.get(dataset))?.places, [{ workspace: to.workspace, name: to.name }]);
      assert.equal(await ledger.claimName({ ...from, dataset: other(dataset) }), other(dataset));
    });

    test('a dataset that goes back to a place has not left it, but the other', async () => {
      const { from, to, moves, shown, leftOf } = await moved();
      await shown(2);
      await moves(from, 3);
      assert.deepEqual(await leftOf(soon()), []);
      assert.equal(await ledger.vacate(from, { until: soon(), again: soon() }), false);
      await shown(3);
      assert.deepEqual(await leftOf(soon()), [to]);
    });

    test('a place that was claimed on the way to another is left with the rest', async () => {
      const { dataset, from, to, moves, shown, leftOf } = await moved();
      const third = { ...to, workspace: 'third' };
      await moves(third, 3);
      await shown(3);
      const left = (await leftOf(soon())).map(({ workspace }) => workspace);
      assert.deepEqual(left.sort(), [from.workspace, to.workspace]);
      assert.equal((await ledger.get(dataset))?.places?.length, 3);
    });

    test('a removal frees what was left, except for what another is just taking away, who frees it himself', async () => {
      const { dataset, from, moves, shown, leftOf } = await moved();
      await shown(2);
      const third = { ...from, workspace: 'third' };
      await moves(third, 3);
      await shown(3);
      const again = soon();
      assert.equal(await ledger.vacate(from, { until: new Date(), again }), true);
      await ledger.apply(dataset, 4, { state: 'removed' }, { stage: 'upload' });
      assert.deepEqual(await leftOf(again), [from]);
      assert.equal((await ledger.get(dataset))?.places, undefined);
      for (const place of [third, { ...from, workspace: 'to' }]) {
        assert.equal(await ledger.claimName({ ...place, dataset: other(dataset) }), other(dataset));
      }
      assert.equal(await ledger.claimName({ ...from, dataset: other(dataset) }), dataset);
      await ledger.free(from, again);
      assert.equal(await ledger.claimName({ ...from, dataset: other(dataset) }), other(dataset));
      assert.deepEqual(await leftOf(again), []);
    });

    test('what a visible dataset owns and does not show is left at once where that is asked for, and nothing else', async () => {
      const { dataset, from, to, shown, leftOf } = await moved();
      await ledger.leave(from);
      assert.deepEqual(await leftOf(soon()), [], 'it is on its way');
      await shown(2);
      await ledger.claimName(from);
      assert.deepEqual(await leftOf(soon()), []);
      await ledger.leave(to);
      await ledger.leave({ ...from, workspace: 'never' });
      await ledger.leave({ ...from, dataset: other(dataset) });
      assert.deepEqual(await leftOf(soon()), []);
      await ledger.leave(from);
      assert.deepEqual(await leftOf(new Date(0)), [from]);
    });

    test('a retired content is told of from its time on, longest first, until it is forgotten; telling again puts it off', async () => {
      const [one, other] = ['a', 'b'].map((letter) => ({
        dataset: `d${letter.repeat(20)}`,
        raster: letter.repeat(10),
      }));
      assert.ok(one !== undefined && other !== undefined);
      await ledger.retire({ ...one, from: new Date(2_000) });
      await ledger.retire({ ...other, from: new Date(1_000) });
      assert.deepEqual(await ledger.retired(new Date(1_999), 10), [other]);
      assert.deepEqual(await ledger.retired(new Date(2_000), 10), [other, one]);
      assert.deepEqual(await ledger.retired(new Date(2_000), 1), [other]);
      await ledger.retire({ ...one, from: new Date(500) });
      await ledger.retire({ ...other, from: new Date(3_000) });
      assert.deepEqual(await ledger.retired(new Date(2_500), 10), [one]);
      assert.equal(await ledger.isRetired(one), true);
      await ledger.forgetRetired(one);
      await ledger.forgetRetired(one);
      assert.equal(await ledger.isRetired(one), false);
      assert.deepEqual(await ledger.retired(new Date(9_000), 10), [other]);
    });

    test('files of a rule are counted, those that are gone since they were missed first; one that is back is gone no more', async () => {
      const rule = `rule-${datasetIdOf(freshLocation())}`;
      const datasets = [await taken(), await taken(), await taken()];
      const [one = '', other = ''] = datasets;
      const look = { graceMs: 60_000, again: new Date(Date.now() + 1_000) };
      await ledger.sighted(rule, datasets, new Date());
      assert.deepEqual(await ledger.missed(rule, one, look), { forMs: 0, gone: 1, of: 3 });
      await wait(5);
      const { forMs, gone, of } = await ledger.missed(rule, one, look);
      assert.ok(forMs > 0 && forMs < 60_000, `${forMs}`);
      assert.deepEqual([gone, of], [1, 3]);
      assert.equal((await ledger.missed(rule, other, look)).gone, 2);
      await ledger.sighted(rule, [one], new Date());
      assert.deepEqual((await ledger.missed(rule, other, look)).gone, 1);
      await ledger.unwatch(one);
      await ledger.unwatch(one);
      assert.equal((await ledger.missed(rule, other, look)).of, 2);
    });

    test('a file changes over to another rule, and one that the ledger does not know is of none', async () => {
      const [from, to] = ['from', 'to'].map((name) => `${name}-${datasetIdOf(freshLocation())}`);
      assert.ok(from !== undefined && to !== undefined);
      const [one, other] = [await taken(), await taken()];
      const look = { graceMs: 0, again: new Date() };
      await ledger.sighted(from, [one, other, datasetIdOf(freshLocation())], new Date());
      assert.equal((await ledger.missed(from, one, look)).of, 2);
      assert.deepEqual((await ledger.missed(to, one, look)).of, 1);
      const { gone, of } = await ledger.missed(from, other, look);
      assert.deepEqual([gone, of], [1, 1]);
      const unknown = await ledger.missed(to, datasetIdOf(freshLocation()), look);
      assert.deepEqual([unknown.gone, unknown.of], [1, 1]);
    });

    test('the id of an upload is remembered until it is forgotten', async () => {
      const target = formatLocation(freshLocation());
      assert.equal(await ledger.recall(target), null);
      await ledger.remember(target, 'upload:1');
      assert.equal(await ledger.recall(target), 'upload:1');
      await ledger.forget(target);
      assert.equal(await ledger.recall(target), null);
    });

    test('what only one may do is done by one at a time, also after it failed', async () => {
      const target = formatLocation(freshLocation());
      const open = Promise.withResolvers<string>();
      const first = ledger.alone?.(target, () => open.promise);
      assert.equal(await ledger.alone?.(target, async () => 'second'), null);
      assert.equal(await ledger.alone?.(`${target}.other`, async () => 'another target'), 'another target');
      open.resolve('first');
      assert.equal(await first, 'first');
      const failing = ledger.alone?.(target, async () => {
        throw new Error('failed');
      });
      await assert.rejects(async () => failing, /failed/);
      assert.equal(await ledger.alone?.(target, async () => 'third'), 'third');
    });

    test('counts follow the states, for all and by ingestion', async () => {
      const location = freshLocation();
      const dataset = datasetIdOf(location);
      const ingestion = `c${dataset}`;
      const before = await ledger.counts();
      await ledger.enter([{ dataset, location, ingestion, options: {} }]);
      assert.equal((await ledger.counts(ingestion)).found, 1);
      assert.equal((await ledger.counts()).found, before.found + 1);
      await ledger.takeGeneration({ ...claimOf(location, 0), ingestion });
      await ledger.apply(dataset, 1, { state: 'visible' }, { stage: 'register' });
      const counts = await ledger.counts(ingestion);
      assert.equal(counts.found, 0);
      assert.equal(counts.visible, 1);
      assert.equal((await ledger.counts()).visible, before.visible + 1);
    });

    test('steps of one moment count once each, also those of one dataset', async () => {
      const locations = Array.from({ length: 3 }, freshLocation);
      const ingestion = `m${datasetIdOf(freshLocation())}`;
      const [one = '', two = '', three = ''] = locations.map((location) => datasetIdOf(location));
      for (const location of locations) await ledger.takeGeneration({ ...claimOf(location, 0), ingestion });
      const before = await ledger.counts();
      await Promise.all([
        ledger.apply(one, 1, { state: 'uploading' }, { stage: 'discover' }),
        ledger.apply(two, 1, { state: 'uploading' }, { stage: 'discover' }),
        ledger.apply(one, 1, { state: 'publishing' }, { stage: 'upload' }),
        ledger.apply(three, 1, { state: 'inspecting' }, { stage: 'discover' }),
        ledger.apply(one, 1, { state: 'registering' }, { stage: 'publish' }),
      ]);
      const { inspecting, uploading, publishing, registering } = await ledger.counts(ingestion);
      assert.deepEqual([inspecting, uploading, publishing, registering], [1, 1, 0, 1]);
      const after = await ledger.counts();
      assert.deepEqual(
        [after.inspecting, after.uploading, after.publishing, after.registering],
        [before.inspecting - 2, before.uploading + 1, before.publishing, before.registering + 1],
      );
    });
  });
}
