import assert from 'node:assert/strict';
import { appendFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { LOADS } from './loads.ts';
import { openResults, type Result } from './results.ts';

const load = LOADS[0]!;
const RESULT: Result = {
  ...{ server: 'sink', load: load.name, bytes: 4 * 1024 ** 3, client: 'ours', round: 1 },
  ...{ user: 1, system: 1, wall: 2, rss: 100 },
};

suite('[bench] results', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'geosluice-bench-results-'));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  test('a run that was killed goes on where it was', async () => {
    const path = join(folder, 'kept.jsonl');
    await (await openResults(path, 'one machine')).add(RESULT);
    const again = await openResults(path, 'one machine');
    assert.deepEqual(again.results, [RESULT]);
    assert.equal(again.has('sink', load, 'ours', 1), true);
    assert.equal(again.has('sink', load, 'ours', 2), false);
    assert.equal(again.has('sink', { ...load, count: 2 } as typeof load, 'ours', 1), false, 'another size');
  });
  test('results of another commit or machine are forgotten', async () => {
    const path = join(folder, 'other.jsonl');
    await (await openResults(path, 'one')).add(RESULT);
    assert.deepEqual((await openResults(path, 'two')).results, []);
  });
  test('a line that a kill cut short is forgotten', async () => {
    const path = join(folder, 'cut.jsonl');
    await (await openResults(path, 'one')).add(RESULT);
    await appendFile(path, '{"server":"si');
    assert.deepEqual((await openResults(path, 'one')).results, [RESULT]);
    assert.deepEqual((await openResults(path, 'one')).results, [RESULT]);
  });
});
