import { decodeEntities } from './entities.ts';
import { XmlError } from './error.ts';

/** Is told of elements in document order, by their names without prefix. */
export interface XmlVisitor {
  open?(local: string): void;
  /** @param text the element's own, entities replaced, not trimmed */
  close(local: string, text: string): void;
}

/** Deeper than any answer of a protocol; no tree is kept, so width needs no bound but the caller's of its bytes. */
const MAX_DEPTH = 32;
const NAME = /[^\s/<>="'&!?]+/y;
/** Each part begins where the one before cannot go on, so that no text makes it slow. */
const TAG_END = /(?:\s+[^\s/<>="'&]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*\s*(\/?)>/y;

interface Open {
  name: string;
  text: string;
}

/**
 * Walks over a document without making a tree of it: for the large and plain documents that programs write, such as listings.
 * Documents of people are for readXml. Characters stand as they are, those that XML forbids too: a name must not become another.
 * @throws XmlError doctype-not-allowed, entity-not-allowed, not-well-formed (cut off, too), too-deep
 */
export function walkXml(document: string, visitor: XmlVisitor): void {
  const open: Open[] = [];
  let roots = 0;
  let position = document.charCodeAt(0) === 0xfeff ? 1 : 0;
  for (;;) {
    const tag = document.indexOf('<', position);
    const end = tag < 0 ? document.length : tag;
    if (end > position) textIs(decodeEntities(document.slice(position, end)));
    if (tag < 0) break;
    position = onMarkup(tag);
  }
  if (open.length > 0) fail(`the document ends inside <${open.at(-1)?.name}>; it may be cut off`);
  if (roots === 0) fail('there is no element in the document');

  function textIs(text: string): void {
    const element = open.at(-1);
    if (element !== undefined) element.text = element.text === '' ? text : element.text + text;
    else if (text.trim() !== '') fail('there is text outside of the root element');
  }

  /** @returns where it ends */
  function onMarkup(at: number): number {
    switch (document.charCodeAt(at + 1)) {
      case 0x2f:
        return onClose(at);
      case 0x3f:
        return after('?>', at + 2);
      case 0x21:
        return onDeclaration(at);
      default:
        return onOpen(at);
    }
  }

  function onDeclaration(at: number): number {
    if (document.startsWith('<!--', at)) return after('-->', at + 4);
    if (document.startsWith('<![CDATA[', at)) {
      const end = after(']]>', at + 9);
      textIs(document.slice(at + 9, end - 3));
      return end;
    }
    if (/^<!doctype/i.test(document.slice(at, at + 9)))
      throw new XmlError('doctype-not-allowed', 'a DOCTYPE is not allowed');
    fail(`"${document.slice(at, at + 12)}" is not allowed in a document`);
  }

  function onOpen(at: number): number {
    NAME.lastIndex = at + 1;
    const name = NAME.exec(document)?.[0];
    if (name === undefined) fail('an element name is missing after <');
    if (open.length === MAX_DEPTH) throw new XmlError('too-deep', `elements are nested deeper than ${MAX_DEPTH}`);
    if (open.length === 0 && ++roots > 1) fail(`<${name.slice(0, 60)}> is a second root element`);
    const local = localOf(name);
    visitor.open?.(local);
    const next = at + 1 + name.length;
    if (document.charCodeAt(next) === 0x3e) {
      open.push({ name, text: '' });
      return next + 1;
    }
    TAG_END.lastIndex = next;
    const found = TAG_END.exec(document);
    if (found === null) fail(`the tag <${name.slice(0, 60)}> is not closed or has a bad attribute`);
    if (found[1] === '/') visitor.close(local, '');
    else open.push({ name, text: '' });
    return next + found[0].length;
  }

  function onClose(at: number): number {
    const end = after('>', at + 2);
    const element = open.pop();
    if (element === undefined || !isName(element.name, at + 2, end - 1))
      fail(`</${document.slice(at + 2, Math.min(end - 1, at + 62))}> closes nothing here`);
    visitor.close(localOf(element.name), element.text);
    return end;
  }

  function isName(name: string, from: number, end: number): boolean {
    return document.startsWith(name, from) && (end === from + name.length || document.slice(from, end).trim() === name);
  }

  function after(mark: string, from: number): number {
    const found = document.indexOf(mark, from);
    if (found < 0) fail(`${mark} is missing; the document may be cut off`);
    return found + mark.length;
  }

  function fail(message: string): never {
    throw new XmlError('not-well-formed', message);
  }
}

function localOf(name: string): string {
  return name.slice(name.indexOf(':') + 1);
}
