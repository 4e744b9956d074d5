import type { XmlAttribute } from './element.ts';
import { XmlError } from './error.ts';

export const XML_NAMESPACE = 'http://www.w3.org/XML/1998/namespace';
const XMLNS_NAMESPACE = 'http://www.w3.org/2000/xmlns/';

/** Prefix to namespace, the empty prefix for the default one; a chain, so that nothing is copied per element. */
export interface Scope {
  own: ReadonlyMap<string, string>;
  outer: Scope | null;
}
export const NO_SCOPE: Scope = { own: new Map([['xml', XML_NAMESPACE]]), outer: null };

export interface Resolved {
  scope: Scope;
  local: string;
  namespace: string;
  attributes: XmlAttribute[];
}

/**
 * Resolves an element and its attributes by Namespaces in XML 1.0.
 * @throws XmlError bad-namespace
 */
export function resolveElement(
  name: string,
  raw: ReadonlyArray<readonly [name: string, value: string]>,
  outer: Scope,
): Resolved {
  const scope = declare(raw, outer);
  const attributes: XmlAttribute[] = [];
  const seen = new Set<string>();
  for (const [key, value] of raw) {
    if (key === 'xmlns' || key.startsWith('xmlns:')) continue;
    const { prefix, local } = split(key);
    const namespace = prefix === '' ? '' : lookUp(prefix, scope, key);
    const expanded = `${namespace} ${local}`;
    if (seen.has(expanded)) throw new XmlError('bad-namespace', `<${name}> has the attribute ${key} twice`);
    seen.add(expanded);
    attributes.push({ local, namespace, value });
  }
  const { prefix, local } = split(name);
  return { scope, local, namespace: prefix === '' ? (find('', scope) ?? '') : lookUp(prefix, scope, name), attributes };
}

function declare(raw: ReadonlyArray<readonly [string, string]>, outer: Scope): Scope {
  const declarations = raw.filter(([key]) => key === 'xmlns' || key.startsWith('xmlns:'));
  if (declarations.length === 0) return outer;
  const own = new Map<string, string>();
  for (const [key, written] of declarations) {
    const value = written.trim();
    const prefix = key === 'xmlns' ? '' : key.slice('xmlns:'.length);
    const reserved = prefix === 'xmlns' || value === XMLNS_NAMESPACE;
    const xml = (prefix === 'xml') !== (value === XML_NAMESPACE);
    if (reserved || xml || prefix.includes(':') || (prefix !== '' && value === ''))
      throw new XmlError('bad-namespace', `${key}="${value.slice(0, 100)}" is not allowed`);
    own.set(prefix, value);
  }
  return { own, outer };
}

function find(prefix: string, scope: Scope): string | undefined {
  for (let level: Scope | null = scope; level; level = level.outer) {
    const namespace = level.own.get(prefix);
    if (namespace !== undefined) return namespace;
  }
  return undefined;
}

function lookUp(prefix: string, scope: Scope, name: string): string {
  const namespace = find(prefix, scope);
  if (namespace === undefined)
    throw new XmlError('bad-namespace', `the prefix of ${name} is not declared; add xmlns:${prefix}="…"`);
  return namespace;
}

function split(name: string): { prefix: string; local: string } {
  const colon = name.indexOf(':');
  if (colon < 0) return { prefix: '', local: name };
  const local = name.slice(colon + 1);
  if (colon === 0 || local === '' || local.includes(':'))
    throw new XmlError('bad-namespace', `${name} is not a name: write prefix:name`);
  return { prefix: name.slice(0, colon), local };
}
