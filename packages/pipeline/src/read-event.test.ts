import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { readEvent } from './read-event.ts';

suite('events of the stream', () => {
  const at = '2026-11-27T10:00:00.123Z';
  const ms = Date.parse(at);
  test('what is left out says nothing', () => {
    assert.deepEqual(readEvent('1-0', `[${ms},"state","i1","d1","visible","register"]`), {
      ...{ id: '1-0', at, type: 'state', ingestion: 'i1', dataset: 'd1', state: 'visible', stage: 'register' },
    });
    assert.deepEqual(readEvent('1-0', `[${ms},"problem","i1","","","discover","CODE","why"]`), {
      ...{ id: '1-0', at, type: 'problem', ingestion: 'i1', stage: 'discover', note: 'CODE', error: 'why' },
    });
  });
  test('progress that is none is told', () => {
    const { done, total } = readEvent('1-0', `[${ms},"progress","i1","d1","uploading","upload","","",0,9]`);
    assert.deepEqual([done, total], [0, 9]);
  });
  test('an event that was written whole is read', () => {
    const event = { at, type: 'state', ingestion: 'i1' } as const;
    assert.deepEqual(readEvent('1-0', JSON.stringify(event)), { id: '1-0', ...event });
  });
});
