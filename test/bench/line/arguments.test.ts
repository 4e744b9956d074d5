import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { readArguments } from './arguments.ts';

suite('[bench] arguments of the line', () => {
  test('without any, all rooms in the usual size, kept nowhere', () => {
    assert.deepEqual(readArguments([]), {
      ...{ count: 20_000, full: false, keep: false, rooms: ['runner', 'listing', 'line'] },
    });
  });
  test('the full size is kept', () => {
    const { count, full, keep } = readArguments(['--full']);
    assert.deepEqual([count, full, keep], [100_000, true, true]);
  });
  test('who looks at one room keeps nothing', () => {
    const { rooms, keep } = readArguments(['--full', '--room', 'line']);
    assert.deepEqual([rooms, keep], [['line'], false]);
    assert.throws(() => readArguments(['--keep', '--room', 'line']), /all rooms/);
  });
  test('a count is of its own', () => {
    assert.equal(readArguments(['--count', '1000']).count, 1_000);
    assert.equal(readArguments(['--full', '--count', '1000']).count, 1_000);
  });
  test('what is not known is named', () => {
    for (const wrong of ['99', '1.5', 'x']) assert.throws(() => readArguments(['--count', wrong]), /--count/);
    assert.throws(() => readArguments(['--room', 'attic']), /runner, listing, line, not attic/);
    assert.throws(() => readArguments(['--speed']), /speed/);
  });
});
