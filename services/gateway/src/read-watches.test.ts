import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ConfigError } from '@geosluice/service-kit';
import { problemOfWatch, readWatches } from './read-watches.ts';

const rules = {
  allowed: (location: { kind: string; bucket?: string }) => location.kind === 's3' && location.bucket !== 'secret',
  target: { bucket: 'store', prefix: 'geosluice' },
};
const problemsOf = (watches: unknown): readonly string[] => {
  try {
    readWatches(typeof watches === 'string' ? watches : JSON.stringify(watches), rules);
    return [];
  } catch (error) {
    assert.equal((error as ConfigError).code, 'CONFIG_INVALID');
    return (error as ConfigError).problems;
  }
};

test('configured watches are read, with defaults', () => {
  assert.deepEqual(readWatches(undefined, rules), []);
  assert.deepEqual(readWatches('[{"id": "inbox", "source": "s3://inbox"}]', rules), [
    { id: 'inbox', source: 's3://inbox/', intervalSeconds: 300, options: {} },
  ]);
});

test('everything that is wrong with configured watches is told in one go', () => {
  const problems = problemsOf([
    { id: 'loop', source: 's3://store/' },
    { id: 'secret', source: 's3://secret/' },
    { id: 'file', source: 's3://inbox/a.tif' },
    { id: 'web', source: 'ftp://x/' },
    { id: 'named', source: 's3://inbox/', options: { name: 'dem' } },
    { id: 'fine', source: 's3://inbox/' },
    { id: 'fine', source: 's3://inbox/b/' },
  ]);
  const expected = [
    /^GEOSLUICE_WATCHES: watch fine: the id is given twice$/,
    /watch loop: s3:\/\/store\/ contains the output prefix s3:\/\/store\/geosluice\//,
    /watch secret: source: s3:\/\/secret\/ is not allowed; add the bucket secret to the allowed buckets$/,
    /watch file: source: .*end it with "\/"$/,
    /watch web: source: write s3:\/\/bucket\/key/,
    /watch named: options.name: a name is for one file only/,
  ];
  assert.equal(problems.length, expected.length, problems.join('\n'));
  for (const [at, pattern] of expected.entries()) assert.match(problems[at] ?? '', pattern);
});

test('what is no list of watches is told by its field', () => {
  assert.match(problemsOf('[{').join(), /^GEOSLUICE_WATCHES must be JSON: /);
  assert.match(problemsOf({}).join(), /^GEOSLUICE_WATCHES: the list: .*expected array/);
  assert.match(problemsOf([{ id: 'A', source: 's3://x/' }]).join(), /0\.id: use a-z/);
  assert.match(problemsOf([{ id: 'a', source: 's3://x/', options: { srs: '4326' } }]).join(), /0\.options\.srs/);
});

test('a watch of an earlier configuration is looked at in the same way', () => {
  assert.match(problemOfWatch({ source: 's3://store/geosluice/', options: {} }, rules) ?? '', /lies in the output/);
  assert.equal(problemOfWatch({ source: 's3://inbox/', options: { priority: 'bulk' } }, rules), null);
});
