// controls but tab and line ends, byte order marks, and marks that turn the direction of text around
const UNWANTED = /(?![\t\n\r\u0085])\p{Cc}|[\u200b\u202a-\u202e\u2066-\u2069\ufeff]/gu;

/** A one-line field: unwanted characters dropped, white space collapsed, trimmed. */
export function oneLine(text: string): string {
  return text.replace(UNWANTED, '').replace(/\s+/g, ' ').trim().toWellFormed();
}

/** Cut to at most `length` UTF-16 units, never inside a character; an ellipsis shows that something is missing. */
export function cut(text: string, length: number): string {
  if (text.length <= length) return text;
  return `${text
    .slice(0, length - 1)
    .replace(/[\ud800-\udbff]$/, '')
    .trimEnd()}…`;
}

const BLOCKS = 'address|article|blockquote|dd|div|dl|dt|h[1-6]|hr|li|ol|p|pre|section|table|tbody|td|th|thead|tr|ul|br';
const INLINE =
  'a|abbr|b|big|body|center|cite|code|em|font|html|i|img|ins|del|mark|q|s|small|span|strike|strong|sub|sup|tt|u|var';
const BLOCK_TAG = new RegExp(`</?(?:${BLOCKS})(?:\\s[^<>]*)?/?>`, 'gi');
const INLINE_TAG = new RegExp(`</?(?:${INLINE})(?:\\s[^<>]*)?/?>`, 'gi');
const isBlock = new RegExp(`^(?:${BLOCKS})$`, 'i');

const ENTITIES: ReadonlyMap<string, string> = new Map([
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
  ['nbsp', ' '],
  ['ndash', '–'],
  ['mdash', '—'],
  ['hellip', '…'],
  ['deg', '°'],
  ['copy', '©'],
  ['bull', '•'],
  ['rsquo', '’'],
  ['lsquo', '‘'],
  ['ldquo', '“'],
  ['rdquo', '”'],
]);

/** Longest text that HTML is taken out of; what follows is far beyond every limit anyway. */
const LONGEST = 200_000;

/**
 * Text of several lines, HTML taken out: paragraphs become lines, entities characters. Only names that HTML has count
 * as tags, so `voids < 1 %` stays.
 */
export function plainText(text: string): string {
  const bare = withoutScripts(text.slice(0, LONGEST)).replace(BLOCK_TAG, '\n').replace(INLINE_TAG, '');
  const characters = bare.replace(/&(#x[0-9a-f]{1,6}|#\d{1,7}|[a-z]{2,8});/gi, (whole, name: string) => {
    if (!name.startsWith('#')) return ENTITIES.get(name) ?? whole;
    const code = /^#x/i.test(name) ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1));
    return code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff) ? '' : String.fromCodePoint(code);
  });
  const lines = characters.replace(UNWANTED, '').split(/\r\n?|\n/);
  return lines
    .map((line) => line.replace(/\s+/g, ' ').trim())
    .join('\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim();
}

/** True for an HTML element that stands on lines of its own. */
export function isBlockElement(local: string): boolean {
  return isBlock.test(local);
}

/** Scripts and styles with their content, in time linear to the text. */
function withoutScripts(text: string): string {
  const parts: string[] = [];
  const begin = /<(script|style)\b/gi;
  let kept = 0;
  for (let found = begin.exec(text); found; found = begin.exec(text)) {
    const end = new RegExp(`</${found[1]}\\s*>`, 'gi');
    end.lastIndex = found.index;
    parts.push(text.slice(kept, found.index));
    kept = end.exec(text) ? end.lastIndex : text.length;
    begin.lastIndex = kept;
  }
  return parts.join('') + text.slice(kept);
}
