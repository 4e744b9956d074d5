import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { EXIT } from '../exit-codes.ts';
import { createOutput } from '../output.ts';
import { rules } from './rules.ts';

let from: string;
before(async () => {
  from = await mkdtemp(join(tmpdir(), 'geosluice-rules-'));
  await writeFile(
    join(from, 'good.yaml'),
    'version: 1\nrules:\n  - { name: ortho, source: s3://inbox/ortho/, workspace: imagery, keywords: [a, b] }\n',
  );
  await writeFile(join(from, 'bad.yaml'), 'version: 1\nrules:\n  - { name: ortho, source: s3://inbox/, stor: cog }\n');
});
after(() => rm(from, { recursive: true }));

async function run(request: { file: string; uri?: string }, json = false) {
  let [stdout, stderr] = ['', ''];
  const output = createOutput(
    { stdout: { write: (text) => (stdout += text) }, stderr: { write: (text) => (stderr += text) } },
    json,
  );
  return { code: await rules({ ...request, from }, output), stdout, stderr };
}

test('a good file is shown rule by rule', async () => {
  const { code, stdout } = await run({ file: 'good.yaml' });
  assert.equal(code, EXIT.ok);
  assert.match(stdout, /^rule +source +says\n/);
  assert.match(
    stdout,
    /^ortho +s3:\/\/inbox\/ortho\/ +duplicates replace, workspace imagery, keywords a b, deletions keep$/m,
  );
});

test('a uri is told what would become of it, also where no rule holds', async () => {
  assert.match(
    (await run({ file: 'good.yaml', uri: 's3://inbox/ortho/a.tif' })).stdout,
    /^ortho[\s\S]*workspace +imagery/,
  );
  assert.match(
    (await run({ file: 'good.yaml', uri: 's3://other/a.tif' })).stdout,
    /^no rule[\s\S]*duplicates +replace/,
  );
});

test('what is wrong is told line by line, as text or as JSON, and so is a file that is not there', async () => {
  const bad = await run({ file: 'bad.yaml' });
  assert.equal(bad.code, EXIT.usage);
  assert.match(bad.stderr, /^bad\.yaml:3:47: rules\[0\]\.stor: is not known/);
  const { error } = JSON.parse((await run({ file: 'bad.yaml' }, true)).stdout);
  assert.deepEqual([error.code, error.problems.length], ['RULES_INVALID', 1]);
  assert.match((await run({ file: 'none.yaml' })).stderr, /^none\.yaml: cannot be read \(ENOENT\)/);
});
