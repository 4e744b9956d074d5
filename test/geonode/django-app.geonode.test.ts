import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { geonodeIsNamed, startGeonode, TESTED_VERSIONS } from '../counterparts/geonode.ts';
import { APP_FOLDER } from '../counterparts/geonode-database.ts';
import { startSilentGeoserver } from './silent-geoserver.ts';

/** A line of docker/geonode/tests/__main__.py. */
interface Line {
  test?: string;
  result?: string;
  detail?: string;
  ran?: number;
}

for (const version of TESTED_VERSIONS) {
  test(`the Django app, by its own tests inside a real GeoNode ${version}`, { timeout: 900_000 }, async (t) => {
    if (geonodeIsNamed) return t.skip('a GeoNode that was named by environment cannot be tested from inside');
    const geoserver = await startSilentGeoserver();
    t.after(() => geoserver.stop());
    const geonode = await startGeonode({ geoserver, version });
    t.after(() => geonode.stop());

    const { code, lines, log } = await run(geonode.python, geonode.env);
    const results = lines.filter((line) => line.test !== undefined);
    for (const { test: id = '', result, detail } of results) {
      const [, group = '', name = ''] = /([^.]+)\.test_([^.]+)$/.exec(id) ?? ['', '', id];
      await t.test(`${group}: ${name.replaceAll('_', ' ')}`, () => assert.equal(result, 'ok', detail));
    }
    assert.equal(lines.at(-1)?.ran, results.length, log);
    assert.ok(results.length > 30, log);
    assert.equal(code, 0, log);
    assert.deepEqual(geoserver.requests, [], 'not one call to GeoServer');
  });
}

async function run(
  python: string,
  env: Record<string, string>,
): Promise<{ code: number | null; lines: Line[]; log: string }> {
  const child = spawn(python, ['-m', 'tests'], { env: { ...process.env, ...env }, cwd: APP_FOLDER });
  let [output, log] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    log = (log + text).slice(-20_000);
  });
  const [code] = (await once(child, 'close')) as [number | null];
  const lines = output.split('\n').filter((line) => line.startsWith('{'));
  return { code, lines: lines.map((line) => JSON.parse(line) as Line), log };
}
