import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { createSilence } from './silence.ts';

test('a read that is answered shows that the silent writes before it are over, on its own node alone', async () => {
  const silence = createSilence();
  const over: string[] = [];
  const fell = (node: string, name: string) => void silence.fell(node).then(() => over.push(name));
  fell('a', 'first');
  fell('b', 'of another node');
  const heard = silence.listen('a');
  fell('a', 'during the read');
  await turn();
  assert.deepEqual(over, []);
  heard();
  await turn();
  assert.deepEqual(over, ['first']);
  silence.listen('a')();
  await turn();
  assert.deepEqual(over, ['first', 'during the read']);
});
