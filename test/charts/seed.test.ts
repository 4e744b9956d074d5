import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ROOT, readPage } from './shared/render.ts';

const rows = readPage('docs/seed.md')
  .split('\n')
  .filter((line) => line.startsWith('| “'))
  .map((line) => {
    const [asked = '', where = '', heldBy = ''] = line.split(' | ').map((cell) => cell.replace(/^\| | \|$/g, ''));
    return { asked, where, heldBy };
  });

test('every sentence on deployment says where it is and what holds it', () => {
  assert.ok(rows.length >= 20);
  for (const { asked, where, heldBy } of rows) {
    assert.match(where, /`[\w./-]+`|\]\(/, asked);
    assert.match(heldBy, /`[^`]+`: “[^”]+”/, asked);
  }
});

test('what the table names is there', () => {
  const paths = rows.flatMap(({ where }) => [...where.matchAll(/`((?:charts|docker|services|packages)\/[^`]+)`/g)]);
  const missing = paths.map(([, path = '']) => path).filter((path) => !existsSync(join(ROOT, path)));
  assert.deepEqual(missing, []);
});

test('every test that the table names is there, by its file and its name', () => {
  const missing = rows
    .flatMap(({ heldBy }) => [...heldBy.matchAll(/`([^`]+)`: “([^”]+)”/g)])
    .filter(([, file = '', name = '']) => !hasTest(file, name))
    .map(([, file, name]) => `${file}: ${name}`);
  assert.deepEqual(missing, []);
});

/** Whether a test of this name begins in the file: the first argument of a call, or a method of Python's. */
function hasTest(file: string, name: string): boolean {
  const text = readPage(file).replace(/\(\n\s*/g, '(');
  return text.includes(`('${name}'`) || text.includes(`("${name}"`) || text.includes(`def ${name}(`);
}
