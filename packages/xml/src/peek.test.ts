import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { peekRoot } from './peek.ts';

describe('peeking', () => {
  it('finds the root behind everything that may stand before it', () => {
    const text = `<?xml version="1.0"?>\n<!-- <no/> -->\n<!DOCTYPE a [<!ENTITY b "<c>">]>\n<p:a xmlns:p="urn:x" i="1">no end`;
    const root = peekRoot(text);
    assert.equal(root?.local, 'a');
    assert.equal(root?.namespace, 'urn:x');
    assert.equal(root?.attributes[0]?.value, '1');
  });

  it('gives null where there is none', () => {
    for (const text of ['', 'x', '<', '<?xml', '<!-- <a/>', '<!DOCTYPE a [', '<p:a/>', '</a>', '<a b=1>'])
      assert.equal(peekRoot(text), null, text);
  });
});
