import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { pages } from './pages.ts';

for (const [path, content] of Object.entries(pages())) {
  test(`${path} is current`, () => {
    const there = readFileSync(join(import.meta.dirname, '..', path), 'utf8');
    assert.equal(there === content, true, 'run npm run generate');
  });
}
