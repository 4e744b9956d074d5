import { dropForbidden } from './decode.ts';
import { XmlError } from './error.ts';

const NAMED: ReadonlyMap<string, string> = new Map([
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
]);

/**
 * Replaces character references and the five entities of XML, once: what they stand for is not looked at again.
 * References to control characters vanish.
 * @throws XmlError entity-not-allowed, not-well-formed
 */
export function decodeEntities(text: string): string {
  if (!text.includes('&')) return text;
  return text.replace(/&([^;&\s<]{0,40})(;?)/g, (whole, name: string, end: string) => {
    if (end === '') throw new XmlError('not-well-formed', `"${whole.slice(0, 20)}" is no reference; write & as &amp;`);
    if (name.startsWith('#')) return fromReference(name, whole);
    const value = NAMED.get(name);
    if (value === undefined)
      throw new XmlError('entity-not-allowed', `the entity ${whole} is not defined; write the character itself`);
    return value;
  });
}

function fromReference(name: string, whole: string): string {
  const digits = /^#(?:x([0-9a-fA-F]{1,8})|([0-9]{1,8}))$/.exec(name);
  const code = digits ? Number.parseInt(digits[1] ?? digits[2] ?? '', digits[1] === undefined ? 10 : 16) : -1;
  if (code < 0 || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
    throw new XmlError('not-well-formed', `${whole} stands for no character`);
  return dropForbidden(String.fromCodePoint(code));
}
