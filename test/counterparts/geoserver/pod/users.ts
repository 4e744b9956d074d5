import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Login } from '../login.ts';
import { asPlain, type Plain, parsePlain } from '../plain.ts';
import { fromPlain, toXml } from '../tree.ts';
import { encodeDigest, isPassword } from './passwords.ts';
import { writeWhole } from './whole-file.ts';

export interface Users {
  /** Administrators, as the files say at this moment. */
  login: Login;
  setPassword(user: string, password: string): void;
}

const ADMINS = new Set(['ADMIN', 'ROLE_ADMINISTRATOR']);

/** Users of a data directory's `security/` folder; `admin` with `geoserver` where it has none, as a fresh GeoServer. */
export function openUsers(dataDirectory: string, warn: (text: string) => void): Users {
  const usersFile = join(dataDirectory, 'security', 'usergroup', 'default', 'users.xml');
  const rolesFile = join(dataDirectory, 'security', 'role', 'default', 'roles.xml');
  let proved = { as: '', headers: new Set<string>() };
  return {
    login(header) {
      const as = `${stampOf(usersFile)} ${stampOf(rolesFile)}`;
      // a digest costs 100,000 rounds: once a login
      if (proved.as !== as) proved = { as, headers: new Set() };
      if (proved.headers.has(header)) return true;
      const [, user = '', password = ''] = /^Basic (.*)$/.test(header)
        ? (/^([^:]*):(.*)$/s.exec(Buffer.from(header.slice(6), 'base64').toString('utf8')) ?? [])
        : [];
      const encoded = passwordsOf(read(usersFile)).get(user);
      if (encoded?.startsWith('crypt') === true)
        warn(`the password of ${user} is encrypted: this stand-in knows plain: and digest1: only`);
      const right = encoded !== undefined && isPassword(encoded, password) && isAdmin(read(rolesFile), user);
      if (right) proved.headers.add(header);
      return right;
    },
    setPassword(user, password) {
      const document = read(usersFile) ?? DEFAULT_USERS;
      for (const each of usersOf(document)) if (each['@name'] === user) each['@password'] = encodeDigest(password);
      const { '?xml': _, ...roots } = document;
      const body = Object.entries(roots).flatMap(([name, value]) => fromPlain(name, value));
      writeWhole(
        usersFile,
        `<?xml version="1.0" encoding="UTF-8" standalone="no"?>\n${body.map((tree) => toXml(tree)).join('')}\n`,
      );
    },
  };
}

const DEFAULT_USERS: Plain = {
  userRegistry: {
    '@xmlns': 'http://www.geoserver.org/security/users',
    '@version': '1.0',
    users: { user: { '@enabled': 'true', '@name': 'admin', '@password': 'plain:geoserver' } },
    groups: '',
  },
};

function read(file: string): Plain | null {
  try {
    return parsePlain('xml', readFileSync(file, 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

function stampOf(file: string): string {
  const { mtimeMs = 0, ino = 0, size = 0 } = statSync(file, { throwIfNoEntry: false }) ?? {};
  return `${mtimeMs} ${ino} ${size}`;
}

function listOf(value: unknown): Array<Record<string, unknown>> {
  const list = Array.isArray(value) ? value : [value];
  return list.filter((each): each is Record<string, unknown> => typeof each === 'object' && each !== null);
}

function usersOf(document: Plain): Array<Record<string, unknown>> {
  return listOf(asPlain(asPlain(document.userRegistry).users).user);
}

/** By name, of the users that are enabled. */
function passwordsOf(document: Plain | null): Map<string, string> {
  const enabled = usersOf(document ?? DEFAULT_USERS).filter((user) => user['@enabled'] !== 'false');
  return new Map(enabled.map((user) => [String(user['@name']), String(user['@password'])]));
}

function isAdmin(roles: Plain | null, user: string): boolean {
  if (roles === null) return true;
  const lists = listOf(asPlain(asPlain(roles.roleRegistry).userList).userRoles);
  const own = lists.filter((each) => each['@username'] === user).flatMap((each) => listOf(each.roleRef));
  return own.some((role) => ADMINS.has(String(role['@roleID'])));
}
