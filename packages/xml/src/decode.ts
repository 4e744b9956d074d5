import { XmlError } from './error.ts';

export interface DecodedXml {
  /** Without a byte order mark and without characters that XML forbids. */
  text: string;
  /** Stable codes: `encoding-mismatch:<what>`, `unknown-encoding:<label>`, `control-characters-dropped`. */
  warnings: string[];
}

/** First bytes of files that are surely no text, and what they are. */
const MAGIC: ReadonlyArray<readonly [string, string]> = [
  ['\x1f\x8b', 'gzip data'],
  ['PK\x03\x04', 'a zip archive'],
  ['BZh', 'bzip2 data'],
  ['\xfd7zXZ', 'xz data'],
  ['\x28\xb5\x2f\xfd', 'zstd data'],
  ['II*\x00', 'a TIFF image'],
  ['MM\x00*', 'a TIFF image'],
  ['\x89PNG', 'a PNG image'],
  ['\xff\xd8\xff', 'a JPEG image'],
  ['%PDF', 'a PDF document'],
  ['\xff\xfe\x00\x00', 'UTF-32 text; write it as UTF-8'],
  ['\x00\x00\xfe\xff', 'UTF-32 text; write it as UTF-8'],
];

// the declaration is ASCII in every encoding that is told apart by it
const DECLARATION = /^\s*<\?xml\s[^>]{0,200}?encoding\s*=\s*["']([A-Za-z][A-Za-z0-9._:-]{0,39})["']/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters XML 1.0 forbids
const FORBIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g;

/**
 * Bytes to text as XML 1.0 appendix F says, but forgiving: a byte order mark rules; else UTF-8 where the bytes are
 * UTF-8, else what the declaration says, else windows-1252. Guesses and contradictions are warned of.
 * @throws XmlError bad-encoding for bytes that are no text
 */
export function decodeXml(bytes: Uint8Array): DecodedXml {
  const start = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, 512)).toString('latin1');
  for (const [magic, what] of MAGIC)
    if (start.startsWith(magic)) throw new XmlError('bad-encoding', `expected XML text, found ${what}`);
  const warnings: string[] = [];
  const raw = toText(bytes, start, warnings).replace(/^\ufeff/, '');
  const text = dropForbidden(raw);
  if (text.length < raw.length) warnings.push('control-characters-dropped');
  return { text, warnings };
}

/** Removes characters that no XML document may hold. */
export function dropForbidden(text: string): string {
  return text.replace(FORBIDDEN, '').toWellFormed();
}

function toText(bytes: Uint8Array, start: string, warnings: string[]): string {
  const utf16 = utf16Of(bytes);
  if (utf16) {
    const text = decodeStrict(bytes, utf16);
    if (text === null) throw new XmlError('bad-encoding', `the bytes begin as ${utf16} but are not valid ${utf16}`);
    const declared = DECLARATION.exec(text.replace('\ufeff', '').slice(0, 512))?.[1]?.toLowerCase();
    if (declared && !/^(utf-?16|ucs-2|iso-10646-ucs-2)/.test(declared)) warnings.push(mismatch(declared, utf16));
    return text;
  }
  const bom = start.startsWith('\xef\xbb\xbf');
  const declared = DECLARATION.exec(bom ? start.slice(3) : start)?.[1]?.toLowerCase();
  const utf8 = decodeStrict(bytes, 'utf-8');
  if (declared === undefined || declared === 'utf-8' || declared === 'utf8' || bom) {
    if (utf8 !== null) {
      if (bom && declared && !/^utf-?8$/.test(declared)) warnings.push(mismatch(declared, 'utf-8'));
      return utf8;
    }
    warnings.push(mismatch(declared ?? 'utf-8', 'windows-1252'));
    return new TextDecoder('windows-1252').decode(bom ? bytes.subarray(3) : bytes);
  }
  return byDeclaration(bytes, declared, utf8, warnings);
}

/** A declared encoding other than UTF-8, on bytes without a byte order mark. */
function byDeclaration(bytes: Uint8Array, declared: string, utf8: string | null, warnings: string[]): string {
  const known = isKnown(declared);
  if (!known) warnings.push(`unknown-encoding:${declared}`);
  // eight-bit text that says UTF-16 of itself lies; utf16Of has looked already
  const plausible = known && !/^(utf-?16|ucs-2|iso-10646)/.test(declared);
  // text of another encoding is hardly ever valid UTF-8 by chance, unless it is ASCII, where nothing can disagree
  const isAscii = utf8 !== null && utf8.length === bytes.byteLength;
  if (utf8 !== null && (!isAscii || !plausible)) {
    if (known) warnings.push(mismatch(declared, 'utf-8'));
    return utf8;
  }
  const text = plausible ? decodeStrict(bytes, declared) : null;
  if (text !== null) return text;
  if (known) warnings.push(mismatch(declared, 'windows-1252'));
  return new TextDecoder('windows-1252').decode(bytes);
}

const mismatch = (declared: string, used: string) => `encoding-mismatch:declared ${declared}, read as ${used}`;

/** By byte order mark, else by white space and a first `<` that take two bytes each. */
function utf16Of(bytes: Uint8Array): 'utf-16le' | 'utf-16be' | null {
  const isSpace = (byte: number) => byte === 0x20 || (byte >= 0x09 && byte <= 0x0d);
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be';
  for (let index = 0; index + 3 < bytes.byteLength && index < 64; index += 2) {
    const [a, b, c, d] = [bytes[index]!, bytes[index + 1]!, bytes[index + 2]!, bytes[index + 3]!];
    if (a === 0x3c && b === 0 && d === 0) return 'utf-16le';
    if (a === 0 && b === 0x3c && c === 0) return 'utf-16be';
    if (!(a === 0 && isSpace(b)) && !(b === 0 && isSpace(a))) return null;
  }
  return null;
}

function isKnown(label: string): boolean {
  try {
    new TextDecoder(label);
    return true;
  } catch {
    return false;
  }
}

function decodeStrict(bytes: Uint8Array, label: string): string | null {
  try {
    return new TextDecoder(label, { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}
