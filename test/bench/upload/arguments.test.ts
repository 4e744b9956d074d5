import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { readArguments } from './arguments.ts';

suite('[bench] arguments', () => {
  test('nothing is the short run with its rooms', () => {
    const { full, rooms, keep, ...rest } = readArguments([]);
    assert.deepEqual([full, rooms, keep], [false, true, false]);
    assert.ok(Object.values(rest).every((value) => value === undefined));
  });
  test('lists are read, and who picks gets no rooms', () => {
    const asked = readArguments(['--load', '1x4GiB,same-s3', '--client', 'ours,s5cmd', '--server', 'sink']);
    assert.deepEqual(asked.loads, ['1x4GiB', 'same-s3']);
    assert.deepEqual(asked.clients, ['ours', 's5cmd']);
    assert.deepEqual(asked.servers, ['sink']);
    assert.equal(asked.rooms, false);
  });
  test('the full run is kept, and any other that is to be; rooms can be asked for', () => {
    assert.equal(readArguments(['--full']).keep, true);
    assert.deepEqual(readArguments(['--server', 'sink', '--keep', '--rooms']).rooms, true);
  });
  test('numbers are read', () => {
    const asked = readArguments(['--full', '--rounds', '2', '--share', '0.25', '--no-rooms']);
    assert.deepEqual([asked.full, asked.rounds, asked.share, asked.rooms], [true, 2, 0.25, false]);
  });
  for (const [args, message] of [
    [['--client', 'curl'], /--client knows ours, .*, not curl/],
    [['--load', '1x4gib'], /--load knows/],
    [['--server', 'minio'], /--server knows/],
    [['--rounds', '0'], /--rounds 0/],
    [['--rounds', '1.5'], /--rounds 1.5/],
    [['--share', '0'], /--share 0/],
    [['--share', '2'], /--share 2/],
    [['--share', 'half'], /--share half/],
    [['--fast'], /--fast/],
    [['512', '3'], /512/],
  ] as const) {
    test(`${args.join(' ')} is refused`, () => {
      assert.throws(() => readArguments(args), message);
    });
  }
});
