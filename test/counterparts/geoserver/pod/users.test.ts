import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { openUsers } from './users.ts';
import { writeWhole } from './whole-file.ts';

const basic = (user: string, password: string) => `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;

/** The digest of `geoserver` that every GeoServer comes with. */
const STOCK = 'digest1:D9miJH/hVgfxZJscMafEtbtliG0ROxhLfsznyWfG38X2pda2JOSV4POi55PQI4tw';

const USERS = `<?xml version="1.0" encoding="UTF-8" standalone="no"?>
<userRegistry xmlns="http://www.geoserver.org/security/users" version="1.0">
    <users>
        <user enabled="true" name="stock" password="${STOCK}"/>
        <user enabled="true" name="plain" password="plain:a:b"><property name="kept">x</property></user>
        <user enabled="false" name="off" password="plain:off"/>
        <user enabled="true" name="visitor" password="plain:visitor"/>
        <user enabled="true" name="secret" password="crypt1:We45MDIjzZtD7scGCGJoKAy4AWgHRu4l"/>
    </users>
    <groups/>
</userRegistry>`;

const ROLES = `<roleRegistry version="1.0" xmlns="http://www.geoserver.org/security/roles">
  <userList>${['stock', 'plain', 'off', 'secret']
    .map((name) => `<userRoles username="${name}"><roleRef roleID="ADMIN"/></userRoles>`)
    .join('')}</userList>
</roleRegistry>`;

test('logins are those of the security files, as they are at the moment', async (context) => {
  const folder = await mkdtemp(join(tmpdir(), 'geosluice-users-'));
  context.after(() => rm(folder, { recursive: true }));
  const warnings: string[] = [];
  const users = openUsers(folder, (text) => warnings.push(text));
  assert.ok(users.login(basic('admin', 'geoserver')), 'a fresh GeoServer');

  const file = join(folder, 'security/usergroup/default/users.xml');
  writeWhole(file, USERS);
  writeWhole(join(folder, 'security/role/default/roles.xml'), ROLES);
  for (const [user, password] of [
    ['stock', 'geoserver'],
    ['plain', 'a:b'],
  ] as const)
    assert.ok(users.login(basic(user, password)), user);
  for (const [user, password] of [
    ['admin', 'geoserver'],
    ['stock', 'wrong'],
    ['off', 'off'],
    ['visitor', 'visitor'],
    ['secret', 'geoserver'],
  ] as const)
    assert.ok(!users.login(basic(user, password)), user);
  assert.ok(warnings.some((text) => text.includes('secret is encrypted')));

  users.setPassword('stock', 'changed');
  assert.ok(users.login(basic('stock', 'changed')));
  assert.ok(!users.login(basic('stock', 'geoserver')));
  assert.match(
    await readFile(file, 'utf8'),
    /name="plain" password="plain:a:b">\s*<property name="kept">x<\/property>/,
  );
});
