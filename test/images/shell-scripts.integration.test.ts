import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { aptInstall, findOnPath } from '../counterparts/packages.ts';
import { runClean } from './shell.ts';

const ROOT = join(import.meta.dirname, '../..');
const scripts = globSync('docker/**/*.sh', { cwd: ROOT }).sort();

before(async () => {
  if ((await findOnPath('shellcheck')) === null) await aptInstall('shellcheck');
});

test('there are scripts, and each is POSIX sh that stops at its first error', () => {
  assert.ok(scripts.length >= 6, `${scripts}`);
  for (const script of scripts) {
    const text = readFileSync(join(ROOT, script), 'utf8');
    if (!text.startsWith('#!')) continue;
    assert.match(text, /^#!\/bin\/sh\n/, script);
    assert.match(text, /^set -eu$/m, script);
    assert.doesNotMatch(text, /^set .*x/m, `${script} would print what it reads`);
  }
});

test('shellcheck finds nothing in them', async () => {
  const { code, stdout, stderr } = await runClean('sh', [
    '-c',
    'cd "$1" && shift && exec shellcheck --external-sources "$@"',
    'sh',
    ROOT,
    ...scripts,
  ]);
  assert.equal(code, 0, stdout + stderr);
});
