import { XMLParser, XMLValidator } from 'fast-xml-parser';

/** A request's document: what JSON.parse gives, or the same shape made of XML. */
export type Plain = Readonly<Record<string, unknown>>;

const PARSER = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  textNodeName: '$',
  parseTagValue: false,
  parseAttributeValue: false,
});

export class MalformedBody extends Error {}

/** @throws MalformedBody */
export function parsePlain(type: 'json' | 'xml', text: string): Plain {
  try {
    if (type === 'json') return asPlain(JSON.parse(text));
    if (XMLValidator.validate(text) !== true) throw new Error('not well-formed');
    return asPlain(PARSER.parse(text));
  } catch (cause) {
    throw new MalformedBody('malformed', { cause });
  }
}

export function asPlain(value: unknown): Plain {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Plain) : {};
}

/** Text of a member, or of its `name`; undefined where there is none. */
export function textAt(plain: Plain, key: string): string | undefined {
  const value = plain[key];
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'object') {
    const inner = asPlain(value);
    return textAt(inner, 'name') ?? textAt(inner, '$');
  }
  return String(value);
}

export function boolAt(plain: Plain, key: string): boolean | undefined {
  const text = textAt(plain, key);
  return text === undefined ? undefined : text === 'true';
}

export function numberAt(plain: Plain, key: string): number | undefined {
  const text = textAt(plain, key);
  return text === undefined ? undefined : Number(text);
}

/** `{string: ["a", "b"]}` or `{string: "a"}` as a list. */
export function stringsAt(plain: Plain, key: string): string[] | undefined {
  const value = plain[key];
  if (value === undefined) return undefined;
  const inner = asPlain(value).string;
  return inner === undefined ? [] : (Array.isArray(inner) ? inner : [inner]).map(String);
}
