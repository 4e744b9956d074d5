import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { readArguments } from './arguments.ts';

suite('[bench] arguments of publish', () => {
  test('nothing is three sizes in three rounds, not kept', () => {
    const { inFlight, ...asked } = readArguments([]);
    assert.deepEqual(asked, { sizes: [0, 10_000, 100_000], rounds: 3, layers: 400, keep: false });
    assert.deepEqual(inFlight, [1, 2, 4, 8]);
  });
  test('sizes come smallest first and once', () => {
    const asked = readArguments([
      '--sizes',
      '500,0,500',
      '--rounds',
      '1',
      '--layers',
      '60',
      '--in-flight',
      '4,2',
      '--keep',
    ]);
    assert.deepEqual(asked, { sizes: [0, 500], rounds: 1, layers: 60, inFlight: [2, 4], keep: true });
  });
  for (const args of [
    ['--sizes', ''],
    ['--sizes', '10,'],
    ['--sizes', '-1'],
    ['--rounds', '0'],
    ['--layers', '1.5'],
    ['--layers', 'many'],
    ['--in-flight', '0'],
    ['--fast'],
    ['10'],
  ]) {
    test(`${args.join(' ')} is refused`, () => {
      assert.throws(() => readArguments(args), Error);
    });
  }
});
