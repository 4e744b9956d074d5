import assert from 'node:assert/strict';
import { readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { startPostgis } from '../counterparts/postgis.ts';

test('a PostGIS gives databases with the extension, dumps one, fills another from it, and ends', async (t) => {
  const server = await startPostgis();
  const dump = join(tmpdir(), `geosluice-dump-${process.pid}.sql`);
  t.after(() => rm(dump, { force: true }));
  const name = `geosluice_test_${process.pid}`;
  try {
    assert.match(await server.createDatabase(name), new RegExp(`/${name}$`));
    await server.dump(name, dump);
    const text = await readFile(dump, 'utf8');
    assert.match(text, /CREATE EXTENSION.*postgis/i);
    await server.createDatabase(`${name}_2`, dump);
    await server.dump(`${name}_2`, dump);
    assert.match(await readFile(dump, 'utf8'), /CREATE EXTENSION.*postgis/i);
    await assert.rejects(server.createDatabase(name), /already exists/);
  } finally {
    await server.dropDatabase(name);
    await server.dropDatabase(`${name}_2`);
    await server.stop();
  }
});
