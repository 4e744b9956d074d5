import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { readArguments } from './arguments.ts';

suite('[bench] arguments of registering', () => {
  test('nothing is the three sizes, in three rounds, not kept', () => {
    assert.deepEqual(readArguments([]), { sizes: [0, 1000, 20_000], rounds: 3, count: 300, keep: false });
  });
  test('sizes come rising and each once, whatever the order they are given in', () => {
    const asked = readArguments(['--sizes', '1000,0,1000', '--rounds', '1', '--count', '30', '--keep']);
    assert.deepEqual(asked, { sizes: [0, 1000], rounds: 1, count: 30, keep: true });
  });
  for (const [args, message] of [
    [['--sizes', '0,many'], /--sizes many/],
    [['--sizes', ''], /--sizes/],
    [['--sizes', '-1'], /sizes/],
    [['--rounds', '0'], /--rounds 0/],
    [['--rounds', '1.5'], /--rounds 1.5/],
    [['--count', '0'], /--count 0/],
    [['--full'], /--full/],
    [['20000'], /20000/],
  ] as const) {
    test(`${args.join(' ')} is refused`, () => {
      assert.throws(() => readArguments(args), message);
    });
  }
});
