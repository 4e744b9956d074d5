import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseLocation } from '@geosluice/jobs';
import { RulesError, readRules, ruledBy } from './index.ts';

const FILE = `version: 1
rules:
  - name: all
    source: "*"
    license: CC BY 4.0
  - name: ortho
    source: s3://inbox/ortho/
    workspace: imagery
    store: cog
    duplicates: version
  - name: ortho of 2024
    source: s3://inbox/ortho/2024/
    owner: alice
    deletions: { policy: unpublish, graceHours: 24 }
`;

function problemsOf(text: string): readonly string[] {
  let problems: readonly string[] = [];
  assert.throws(
    () => readRules(text, 'rules.yaml'),
    (error) => {
      assert.ok(error instanceof RulesError);
      assert.equal(error.code, 'RULES_INVALID');
      ({ problems } = error);
      return true;
    },
  );
  return problems;
}

test('the longest source that begins a uri holds, alone', () => {
  const rules = ruledBy(readRules(FILE, 'rules.yaml'));
  const of = (uri: string) => rules(parseLocation(uri));
  assert.deepEqual(of('s3://inbox/ortho/2024/a.tif'), {
    options: { rule: 'ortho of 2024', owner: 'alice' },
    duplicates: 'replace',
    deletions: { policy: 'unpublish', graceHours: 24, capPercent: 5 },
  });
  assert.deepEqual(of('s3://inbox/ortho/2023/a.tif').options, { rule: 'ortho', workspace: 'imagery', store: 'cog' });
  assert.equal(of('s3://inbox/ortho/2023/a.tif').duplicates, 'version');
  assert.deepEqual(of('https://example.org/a.tif').options, { rule: 'all', license: 'CC BY 4.0' });
});

test('where no rule holds, nothing is said, other content replaces, and what is gone stays visible', () => {
  const ruled = ruledBy([])(parseLocation('s3://inbox/a.tif'));
  assert.deepEqual(ruled, {
    options: {},
    duplicates: 'replace',
    deletions: { policy: 'keep', graceHours: 168, capPercent: 5 },
  });
});

test('a source with characters that uris escape fits files as they are named', () => {
  const rules = ruledBy(readRules('version: 1\nrules:\n  - { name: a, source: "file:///data/my%20tiles/" }\n', 'r'));
  assert.equal(rules({ kind: 'file', path: '/data/my tiles/a.tif' }).options.rule, 'a');
});

test('every problem is told with its line, its field and what would be right', () => {
  const text = `version: 1
rules:
  - name: a
    source: s4://inbox/
    stor: cog
  - name: b
    source: s3://inbox/b/
    workspace: 9 lives
    duplicates: sometimes
`;
  const problems = problemsOf(text);
  assert.equal(problems.length, 4);
  assert.match(problems.join('\n'), /rules\.yaml:4:13: rules\[0\]\.source: write s3:\/\/bucket\/prefix\//);
  assert.match(problems.join('\n'), /rules\.yaml:5:11: rules\[0\]\.stor: is not known/);
  assert.match(problems.join('\n'), /rules\.yaml:8:16: rules\[1\]\.workspace: use an NCName/);
  assert.match(problems.join('\n'), /rules\.yaml:9:17: rules\[1\]\.duplicates: .*replace/);
});

test('layers of their own by content cannot go with one file', () => {
  const text =
    'version: 1\nrules:\n  - { name: a, source: s3://inbox/, duplicates: version, deletions: { policy: delete } }\n';
  assert.match(
    problemsOf(text).join(),
    /rules\.yaml:3:\d+: rules\[0\]\.deletions\.policy: keeps layers where `duplicates` is `version`/,
  );
});

test('two rules of one name or one source are refused, since only one could hold', () => {
  const text = `version: 1
rules:
  - { name: a, source: s3://inbox/ }
  - { name: a, source: s3://other/ }
  - { name: c, source: s3://inbox/ }
`;
  assert.deepEqual(problemsOf(text), [
    'rules.yaml:4:13: rules[1].name: "a" is that of rules[0] already',
    'rules.yaml:5:24: rules[2].source: "s3://inbox/" is that of rules[0] already',
  ]);
});

test('what is no YAML, what has aliases, what is empty and what is huge is refused', () => {
  assert.match(problemsOf('rules: [')[0] ?? '', /^rules\.yaml:1:\d+: /);
  assert.match(problemsOf('version: 1\nversion: 1\nrules: []')[0] ?? '', /unique/);
  assert.match(problemsOf('version: 1\na: &a [1]\nrules: *a')[0] ?? '', /alias/i);
  assert.match(problemsOf('')[0] ?? '', /^rules\.yaml:1:1: the file: /);
  assert.match(problemsOf(`#${'x'.repeat(1024 * 1024)}`)[0] ?? '', /larger than 1 MiB/);
});
