import type { XmlElement } from './element.ts';
import { XmlError } from './error.ts';
import { readXml } from './read.ts';

/** Most prolog parts that are stepped over. */
const MAX_PARTS = 1000;
const SPACE = /\s+/y;
const SUBSET_END = /\]\s*>/g;

/**
 * The root element without its content, to tell what a document is before (or without) reading it; null where there
 * is none. It trusts nothing and refuses nothing: a DOCTYPE that readXml refuses is stepped over.
 */
export function peekRoot(text: string): XmlElement | null {
  let position = 0;
  for (let part = 0; part < MAX_PARTS; part++) {
    const next = afterPart(text, position);
    if (next < 0) return null;
    if (next === position) break;
    position = next;
  }
  const tag = /^<[^\s<>!?/][^<>]*>/.exec(text.slice(position, position + 64 * 1024))?.[0];
  if (!tag) return null;
  try {
    return readXml(tag.endsWith('/>') ? tag : `${tag.slice(0, -1)}/>`);
  } catch (error) {
    if (error instanceof XmlError) return null;
    throw error;
  }
}

/** Where the declaration, comment, instruction, DOCTYPE or white space at `position` ends; -1 where it does not. */
function afterPart(text: string, position: number): number {
  if (text.startsWith('<?', position)) return after(text, '?>', position);
  if (text.startsWith('<!--', position)) return after(text, '-->', position + 4);
  if (/^<!doctype$/i.test(text.slice(position, position + 9))) return afterDoctype(text, position);
  SPACE.lastIndex = position;
  return position + (SPACE.exec(text)?.[0].length ?? 0);
}

function afterDoctype(text: string, position: number): number {
  const close = after(text, '>', position);
  const subset = text.indexOf('[', position);
  if (subset < 0 || subset > close) return close;
  SUBSET_END.lastIndex = subset;
  return SUBSET_END.exec(text) ? SUBSET_END.lastIndex : -1;
}

function after(text: string, end: string, from: number): number {
  const found = text.indexOf(end, from);
  return found < 0 ? -1 : found + end.length;
}
