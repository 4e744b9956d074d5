import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { decodeXml } from './decode.ts';
import { XmlError } from './error.ts';

const latin1 = (text: string) => Buffer.from(text, 'latin1');
const utf8 = (text: string) => Buffer.from(text, 'utf8');
const utf16le = (text: string) => Buffer.from(text, 'utf16le');
const utf16be = (text: string) => Buffer.from(text, 'utf16le').swap16();

describe('decoding', () => {
  const cases: Array<[name: string, bytes: Uint8Array, text: string, warnings: string[]]> = [
    ['plain UTF-8', utf8('<a>é</a>'), '<a>é</a>', []],
    ['UTF-8 with a mark', utf8('\ufeff<a>é</a>'), '<a>é</a>', []],
    ['UTF-16 LE with a mark', utf16le('\ufeff<a>地</a>'), '<a>地</a>', []],
    ['UTF-16 BE with a mark', utf16be('\ufeff<a>地</a>'), '<a>地</a>', []],
    ['UTF-16 LE without a mark', utf16le('\n<a>地</a>'), '\n<a>地</a>', []],
    ['UTF-16 BE without a mark', utf16be('<a>地</a>'), '<a>地</a>', []],
  ];
  for (const [name, bytes, text, warnings] of cases)
    it(`reads ${name}`, () => assert.deepEqual(decodeXml(bytes), { text, warnings }));

  it('reads what the declaration names', () => {
    const declared = '<?xml version="1.0" encoding="ISO-8859-1"?><a>Köln</a>';
    assert.deepEqual(decodeXml(latin1(declared)), { text: declared, warnings: [] });
    const greek = '<?xml version="1.0" encoding="iso-8859-7"?><a>';
    const bytes = Buffer.concat([latin1(greek), Buffer.from([0xe1, 0xe2]), latin1('</a>')]);
    assert.equal(decodeXml(bytes).text, `${greek}αβ</a>`);
    const japanese = latin1('<?xml version="1.0" encoding="iso-2022-jp"?><a>\x1b$B4A\x1b(B</a>');
    assert.match(decodeXml(japanese).text, /<a>漢<\/a>/);
  });

  it('takes UTF-8 bytes for UTF-8 whatever they declare, with a warning', () => {
    const { text, warnings } = decodeXml(utf8('<?xml version="1.0" encoding="ISO-8859-1"?><a>Köln</a>'));
    assert.match(text, /Köln/);
    assert.deepEqual(warnings, ['encoding-mismatch:declared iso-8859-1, read as utf-8']);
  });

  it('falls back to windows-1252 where bytes are not the UTF-8 they should be', () => {
    const { text, warnings } = decodeXml(latin1('<a>K\xf6ln \x96 S\xfcd</a>'));
    assert.equal(text, '<a>Köln – Süd</a>');
    assert.deepEqual(warnings, ['encoding-mismatch:declared utf-8, read as windows-1252']);
  });

  it('does not take a mark for text where the bytes after it are no UTF-8', () => {
    assert.equal(decodeXml(latin1('\xef\xbb\xbf<a>K\xf6ln</a>')).text, '<a>Köln</a>');
  });

  it('takes eight-bit text that calls itself UTF-16 for what it is', () => {
    const { text, warnings } = decodeXml(utf8('<?xml version="1.0" encoding="UTF-16"?><a>é</a>'));
    assert.match(text, /<a>é<\/a>/);
    assert.deepEqual(warnings, ['encoding-mismatch:declared utf-16, read as utf-8']);
  });

  it('warns of an encoding nobody knows and still reads the text', () => {
    const { text, warnings } = decodeXml(latin1('<?xml version="1.0" encoding="klingon-1"?><a>\xf6</a>'));
    assert.match(text, /<a>ö<\/a>/);
    assert.deepEqual(warnings, ['unknown-encoding:klingon-1']);
  });

  it('drops control characters, with a warning', () => {
    assert.deepEqual(decodeXml(utf8('<a>x\u0000\u0007y\tz</a>')), {
      text: '<a>xy\tz</a>',
      warnings: ['control-characters-dropped'],
    });
  });

  it('tells of a single one, with a mark before it or not', () => {
    for (const mark of ['', '\ufeff'])
      assert.deepEqual(decodeXml(utf8(`${mark}<a>\u0007</a>`)).warnings, ['control-characters-dropped']);
  });

  it('names what is no text', () => {
    for (const magic of ['\x1f\x8b\x08\x00', 'PK\x03\x04', 'II*\x00', '\x89PNG', '\xff\xfe\x00\x00'])
      assert.throws(
        () => decodeXml(latin1(`${magic}more`)),
        (error) => isCode(error, 'bad-encoding'),
      );
    assert.throws(
      () => decodeXml(Buffer.from([0xff, 0xfe, 0x3c])),
      (error) => isCode(error, 'bad-encoding'),
    );
  });

  it('reads a view into a larger buffer and an empty one', () => {
    const whole = utf8('junk<a/>junk');
    assert.equal(decodeXml(whole.subarray(4, 8)).text, '<a/>');
    assert.equal(decodeXml(new Uint8Array()).text, '');
  });
});

function isCode(error: unknown, code: string): boolean {
  return error instanceof XmlError && error.code === code && error.means === 'reject';
}
