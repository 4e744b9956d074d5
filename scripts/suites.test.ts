import assert from 'node:assert/strict';
import { test } from 'node:test';
import { allTests, SUITES } from './suites.ts';

test('every test file runs in one suite', () => {
  const files = allTests();
  assert.ok(files.length > 100, `only ${files.length} test files were found`);
  const runs = SUITES.flatMap((suite) => suite.files().map((file) => ({ file, suite: suite.name })));
  const wrong = files.filter((file) => runs.filter((run) => run.file === file).length !== 1);
  assert.deepEqual(wrong, []);
});

test('a suite has the files of its kind', () => {
  for (const { name, files } of SUITES) {
    if (name === 'unit') assert.ok(files().every((file) => !/\.(kubernetes|keda|images|e2e)\./.test(file)));
    else for (const file of files()) assert.ok(file.endsWith(`.${name}.test.ts`), `${file} in ${name}`);
  }
});

test('only scaling by KEDA is left out of npm test', () => {
  assert.deepEqual(
    SUITES.filter(({ apart }) => apart === true).map(({ name }) => name),
    ['keda'],
  );
});
