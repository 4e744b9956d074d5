/** Texts as GeoNode's fields take them; the Django app's `text.py` has the same rules. */

const MAX_KEYWORD = 100;
const TAG = /<[A-Za-z/!?][^<>]{0,2000}>/g;
const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: ' ' };
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;

/** Without markup and control characters other than line breaks. */
export function plain(text: string): string {
  const unescaped = text.replace(TAG, ' ').replace(/&(\w+);/g, (all, name: string) => ENTITIES[name] ?? all);
  // what was escaped twice is markup once more
  const lines = unescaped.replace(TAG, ' ').replaceAll('\r\n', '\n').replace(CONTROL, '').split('\n');
  return lines
    .map((each) => each.replace(/[ \t\u00a0]+/g, ' ').trim())
    .join('\n')
    .trim();
}

export function line(text: string): string {
  return plain(text).replace(/\s+/g, ' ');
}

export function cut(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1).trimEnd()}…`;
}

/** In order, none twice (whatever the case), none empty. */
export function keywords(texts: readonly string[]): string[] {
  const words = new Map<string, string>();
  for (const text of texts) {
    const word = wholeKeyword(text).slice(0, MAX_KEYWORD).trim();
    if (word !== '' && !words.has(word.toLowerCase())) words.set(word.toLowerCase(), word);
  }
  return [...words.values()];
}

/** Whether a keyword is longer than GeoNode takes. */
export function isCut(text: string): boolean {
  return wholeKeyword(text).length > MAX_KEYWORD;
}

/** Without what GeoNode would escape and then no longer find. */
function wholeKeyword(text: string): string {
  const safe = line(text).replaceAll("'", '’').replaceAll('"', '”').replaceAll('&', '+');
  return safe
    .replaceAll('<', '‹')
    .replaceAll('>', '›')
    .replace(/^[ ,;]+|[ ,;]+$/g, '');
}
