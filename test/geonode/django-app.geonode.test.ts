import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { startGeonode } from '../counterparts/geonode.ts';
import { APP_FOLDER } from '../counterparts/geonode-database.ts';
import { startSilentGeoserver } from './silent-geoserver.ts';

/** `name (module.Class.name) ... ok`, as unittest writes it. */
const RESULT = /^(\w+) \((?:tests\.)?([\w.]+)\).*?\.\.\. (ok|FAIL|ERROR|skipped.*)$/;

test('the Django app, by its own tests inside a real GeoNode', { timeout: 900_000 }, async (t) => {
  const geoserver = await startSilentGeoserver();
  t.after(() => geoserver.stop());
  const geonode = await startGeonode({ geoserver });
  t.after(() => geonode.stop());
  if (geonode.python === '') return t.skip('a GeoNode that was named by environment cannot be tested from inside');

  const { code, output } = await run(geonode.python, geonode.env);
  const results = output.split('\n').flatMap((line) => RESULT.exec(line) ?? []);
  const seen: Array<[string, string]> = [];
  for (let index = 0; index + 3 < results.length; index += 4) seen.push([results[index + 1]!, results[index + 3]!]);
  for (const [name, result] of seen) {
    await t.test(name.replace(/^test_/, '').replaceAll('_', ' '), () => assert.equal(result, 'ok', output));
  }
  assert.equal(code, 0, output);
  assert.equal(Number(/^Ran (\d+) tests/m.exec(output)?.[1]), seen.length, output);
  assert.deepEqual(geoserver.requests, [], 'not one call to GeoServer');
});

async function run(python: string, env: Record<string, string>): Promise<{ code: number | null; output: string }> {
  const child = spawn(python, ['-m', 'unittest', 'discover', '-v', '-t', APP_FOLDER, '-s', `${APP_FOLDER}/tests`], {
    env: { ...process.env, ...env },
    cwd: APP_FOLDER,
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(-1_000_000);
    });
  }
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, output };
}
