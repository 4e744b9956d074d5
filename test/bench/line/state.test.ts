import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import type { Sample } from './samples.ts';
import { openState } from './state.ts';

suite('[bench] state of the line', () => {
  test('a line that was ended goes on, and that of something else is forgotten', async () => {
    const parent = mkdtempSync(join(tmpdir(), 'geosluice-state-'));
    try {
      const folder = join(parent, 'line');
      const first = await openState(folder, 'a');
      assert.deepEqual([first.dropped(), first.redisBefore(), first.samples()], [false, null, []]);
      const sample = { at: 1 } as Sample;
      first.note({ is: 'dropped' });
      first.note({ is: 'watched', redisMemory: 7 });
      first.note({ is: 'sample', sample });
      assert.deepEqual([first.dropped(), first.redisBefore(), first.samples()], [true, 7, [sample]]);
      const again = await openState(folder, 'a');
      assert.deepEqual([again.dropped(), again.redisBefore(), again.samples()], [true, 7, [sample]]);
      const other = await openState(folder, 'b');
      assert.deepEqual([other.dropped(), other.samples()], [false, []]);
      await other.remove();
      assert.equal(existsSync(folder), false);
    } finally {
      rmSync(parent, { recursive: true, force: true });
    }
  });
});
