import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { readStep } from './step-line.ts';

suite('lines of history', () => {
  const at = '2026-11-27T10:00:00.123Z';
  test('what is left out says nothing', () => {
    assert.deepEqual(readStep(`[${Date.parse(at)},2,"removing"]`), { at, generation: 2, state: 'removing' });
    assert.deepEqual(readStep(`[${Date.parse(at)},1,"found","discover","","E: no",3]`), {
      ...{ at, generation: 1, state: 'found', stage: 'discover', error: 'E: no', attempt: 3 },
    });
  });
  test('a step that was written whole is read', () => {
    const step = { at, generation: 1, state: 'visible' };
    assert.deepEqual(readStep(JSON.stringify(step)), step);
  });
});
