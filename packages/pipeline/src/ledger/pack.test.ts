import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { FACTS, LAYER, OBJECT } from '../testing/samples.ts';
import { pack, unpack } from './pack.ts';

suite('packed documents', () => {
  test('come back as they were', () => {
    for (const document of [FACTS, LAYER, OBJECT, {}, [], { text: 'ä€𝄞'.repeat(100) }]) {
      assert.deepEqual(unpack(pack(JSON.stringify(document))), document);
    }
  });
  test('facts take less than half of their text, and short texts stay readable', () => {
    const facts = JSON.stringify(FACTS);
    assert.ok(pack(facts).length < facts.length / 2, `${pack(facts).length} of ${facts.length}`);
    assert.equal(pack('{"pk":1}'), '{"pk":1}');
  });
  test('what lies there as it is can be read', () => {
    assert.deepEqual(unpack(JSON.stringify(FACTS)), FACTS);
  });
});
