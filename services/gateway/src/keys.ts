import { createHash, timingSafeEqual } from 'node:crypto';
import type { ApiKey, Scope } from './options.ts';
import { GatewayProblem } from './problem.ts';

/** Who asks. */
export interface Caller {
  name: string;
  scopes: ReadonlySet<Scope>;
}

export interface KeyRing {
  /**
   * Whom an Authorization header stands for.
   * @throws GatewayProblem KEY_MISSING, KEY_UNKNOWN
   */
  identify(authorization: string | undefined, options: { eventsToken: boolean }): Caller;
}

const CHALLENGE = 'Bearer realm="geosluice"';
const EVENTS: Caller = { name: 'events-token', scopes: new Set(['ingest']) };

/** Every comparison takes as long as any other: all keys are tried, by their hashes. */
export function createKeyRing(keys: readonly ApiKey[], eventsToken: string | null): KeyRing {
  const ring = keys.map((key) => ({
    digest: readDigest(key),
    caller: { name: key.name, scopes: new Set(key.scopes) } satisfies Caller,
  }));
  const token = eventsToken === null ? null : digestOf(eventsToken);
  return {
    identify(authorization, options) {
      const given = readAuthorization(authorization, options.eventsToken);
      if (given === null) {
        const message = 'send the header "Authorization: Bearer <key>"';
        throw new GatewayProblem('KEY_MISSING', message, { headers: { 'www-authenticate': CHALLENGE } });
      }
      const digest = digestOf(given);
      let found: Caller | null = null;
      for (const { digest: known, caller } of ring) if (timingSafeEqual(known, digest)) found = caller;
      if (options.eventsToken && token !== null && timingSafeEqual(token, digest)) found ??= EVENTS;
      if (found !== null) return found;
      throw new GatewayProblem('KEY_UNKNOWN', 'the key is none of those configured', {
        headers: { 'www-authenticate': `${CHALLENGE}, error="invalid_token"` },
      });
    },
  };
}

/** @throws GatewayProblem SCOPE_MISSING */
export function checkScope(caller: Caller, scope: Scope): void {
  if (caller.scopes.has(scope) || caller.scopes.has('admin')) return;
  throw new GatewayProblem('SCOPE_MISSING', `the key "${caller.name}" has not the scope ${scope}`, {
    headers: { 'www-authenticate': `${CHALLENGE}, error="insufficient_scope", scope="${scope}"` },
  });
}

/** The key of a header; object stores such as MinIO may send their token without a scheme. */
function readAuthorization(header: string | undefined, raw: boolean): string | null {
  const [, bearer] = /^Bearer +(\S+) *$/i.exec(header ?? '') ?? [];
  if (bearer !== undefined) return bearer;
  const word = header?.trim() ?? '';
  return raw && word !== '' && !/\s/.test(word) && word.toLowerCase() !== 'bearer' ? word : null;
}

function readDigest({ name, sha256 }: ApiKey): Buffer {
  if (!/^[0-9a-f]{64}$/i.test(sha256)) throw new TypeError(`key "${name}": sha256 has 64 hexadecimal digits`);
  return Buffer.from(sha256, 'hex');
}

function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
