import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

export const SCRIPTS = join(import.meta.dirname, '../../../charts/geonode/scripts');

/** A line of __main__.py. */
interface Line {
  test: string;
  result: string;
  detail: string;
}

/** Runs Python test modules of this folder, each test as a subtest of `t`. */
export async function runPythonTests(
  t: TestContext,
  modules: readonly string[],
  env: Record<string, string> = {},
  python = 'python3',
): Promise<void> {
  const child = spawn(python, [import.meta.dirname, ...modules], {
    env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [output, log] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    log = (log + text).slice(-20_000);
  });
  const [code] = (await once(child, 'close')) as [number | null];
  const lines = output.split('\n').filter((line) => line.startsWith('{"test"'));
  for (const { test, result, detail } of lines.map((line) => JSON.parse(line) as Line)) {
    const [, group = '', name = test] = /([^.]+)\.test_([^.]+)$/.exec(test) ?? [];
    await t.test(`${group}: ${name.replaceAll('_', ' ')}`, () => assert.equal(result, 'ok', detail));
  }
  assert.ok(lines.length > 0, `no test ran:\n${log}`);
  assert.equal(code, 0, log);
}
