import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { openJournal } from './journal.ts';

suite('[counterparts] journal', () => {
  test('what was added is there again, without a line that was cut short', () => {
    const folder = mkdtempSync(join(tmpdir(), 'geosluice-journal-'));
    try {
      const path = join(folder, 'journal');
      openJournal<number>(path).add([1, 2]);
      appendFileSync(path, '[3');
      const again = openJournal<number>(path);
      assert.deepEqual(again.lines, [1, 2]);
      again.add([4]);
      assert.deepEqual(openJournal<number>(path).lines, [1, 2, 4]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
  test('without a path nothing is kept', () => {
    const journal = openJournal<number>(undefined);
    journal.add([1]);
    assert.deepEqual(journal.lines, []);
  });
});
