import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { datasetMetadataSchema, MAX_METADATA_BYTES } from '@geosluice/jobs';
import { MetadataError, type MetadataErrorCode } from './error.ts';
import { MAX_SIDECAR_BYTES, MAX_SIDECAR_BYTES_WITH_PICTURES, readSidecar } from './read-sidecar.ts';

const DC = 'xmlns:dc="http://purl.org/dc/elements/1.1/"';
const dc = (children: string) => `<dc ${DC}>${children}</dc>`;
const title = (text: string) => dc(`<dc:title>${text}</dc:title>`);

const LOL = `<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol "lol">${Array.from(
  { length: 9 },
  (_, level) => `<!ENTITY lol${level + 1} "${`&lol${level || ''};`.repeat(10)}">`,
).join('')}]>${title('&lol9;')}`;

/** What each hostile document is refused with. None is read on after the first thing that is wrong with it. */
const REFUSED: Array<[name: string, bytes: string | Uint8Array, code: MetadataErrorCode]> = [
  ['a billion laughs', LOL, 'doctype-not-allowed'],
  [
    'an external entity',
    `<!DOCTYPE dc [<!ENTITY f SYSTEM "file:///etc/passwd">]>${title('&f;')}`,
    'doctype-not-allowed',
  ],
  [
    'a parameter entity',
    `<!DOCTYPE dc [<!ENTITY % x SYSTEM "http://127.0.0.1:1/x.dtd"> %x;]>${title('&y;')}`,
    'doctype-not-allowed',
  ],
  ['an external DTD', `<!DOCTYPE dc SYSTEM "http://127.0.0.1:1/x.dtd">${title('x')}`, 'doctype-not-allowed'],
  ['a DTD in a QGIS document', `<!DOCTYPE qgis [<!ENTITY a "b">]><qgis>&a;</qgis>`, 'doctype-not-allowed'],
  ['QGIS’s DTD on another root', `<!DOCTYPE qgis SYSTEM 'x'>${title('x')}`, 'doctype-not-allowed'],
  ['a DOCTYPE broken by a NUL', `<!DOC\u0000TYPE dc [<!ENTITY a "b">]>${title('&a;')}`, 'doctype-not-allowed'],
  ['a DOCTYPE in UTF-16', Buffer.from(`\ufeff<!DOCTYPE dc []>${title('x')}`, 'utf16le'), 'doctype-not-allowed'],
  ['an entity nobody defined', title('&euml;'), 'entity-not-allowed'],
  ['200,000 levels', '<a>'.repeat(200_000), 'too-deep'],
  ['200,000 levels of Dublin Core', `<dc ${DC}>${'<dc:title>'.repeat(90_000)}`, 'too-deep'],
  [
    '100,000 attributes',
    `<dc ${DC} ${Array.from({ length: 70_000 }, (_, index) => `a${index}="1"`).join(' ')}/>`,
    'too-many-nodes',
  ],
  ['too many elements', dc('<dc:subject>a</dc:subject>'.repeat(20_000)), 'too-many-nodes'],
  ['too much text', title('x'.repeat(MAX_SIDECAR_BYTES)), 'too-large'],
  ['more than any sidecar may be', Buffer.alloc(MAX_SIDECAR_BYTES_WITH_PICTURES + 1, '<'), 'too-large'],
  ['large plain metadata', `<metadata><title>${'x'.repeat(MAX_SIDECAR_BYTES)}</title></metadata>`, 'too-large'],
  ['nothing', '', 'not-well-formed'],
  ['only NULs', Buffer.alloc(100_000), 'not-well-formed'],
  ['a title cut off', `<dc ${DC}><dc:title>abc`, 'not-well-formed'],
  ['an attribute cut off', `<dc ${DC}><dc:title a="abc`, 'not-well-formed'],
  ['a comment cut off', `<!-- ${title('x')}`, 'not-well-formed'],
  ['CDATA cut off', dc('<dc:title><![CDATA[x</dc:title>'), 'not-well-formed'],
  ['an instruction cut off', `<?php ${title('x')}`, 'not-well-formed'],
  ['a million brackets', '<'.repeat(1_000_000), 'not-well-formed'],
  ['a million comments', `<!--${'<!--'.repeat(250_000)}`, 'not-well-formed'],
  ['half a character of UTF-16', Buffer.from([0xff, 0xfe, 0x3c]), 'bad-encoding'],
  ['gzip', gzipSync(title('x')), 'bad-encoding'],
  ['UTF-32', Buffer.from([0xff, 0xfe, 0, 0, 0x3c, 0, 0, 0]), 'bad-encoding'],
  ['a prefix nobody declared', '<dc><dc:title>x</dc:title></dc>', 'bad-namespace'],
  ['the xml prefix redefined', `<dc xmlns:xml="urn:x" ${DC}/>`, 'bad-namespace'],
  ['JSON', '{"title":"x"}', 'not-well-formed'],
  ['a style', '<StyledLayerDescriptor/>', 'not-metadata'],
  ['no metadata', '<html><body>404</body></html>', 'unknown-dialect'],
];

/** Documents that look dangerous and are not, and what must come out. */
const READ: Array<[name: string, text: string | Uint8Array, title: string]> = [
  ['a DOCTYPE in a comment', `<!-- <!DOCTYPE dc []> -->${title('x')}`, 'x'],
  ['a DOCTYPE in CDATA', title('<![CDATA[<!DOCTYPE a>]]>'), '<!DOCTYPE a>'],
  ['instructions with quotes', `<?a don't ?><?b " ?>${title("x<?c ' ?>y")}`, 'xy'],
  ['escapes that look like escapes', title('&amp;#60;b'), '<b'],
  ['NULs inside of a text', title('a\u0000b'), 'ab'],
  ['UTF-8 that calls itself UTF-16', `<?xml version="1.0" encoding="UTF-16"?>${title('é')}`, 'é'],
  ['windows-1252 that calls itself UTF-8', Buffer.from(title('K\xf6ln'), 'latin1'), 'Köln'],
  ['names of JavaScript', dc('<dc:title>x</dc:title><dc:toString>y</dc:toString><hasOwnProperty/>'), 'x'],
];

describe('hostile documents', () => {
  for (const [name, bytes, code] of REFUSED)
    it(`refuses ${name}: ${code}`, () => {
      assert.throws(
        () => readSidecar(Buffer.from(bytes as string), { name: 'evil.xml' }),
        (error) => {
          assert.ok(error instanceof MetadataError, String(error));
          assert.equal(error.code, code, error.message);
          assert.equal(error.subject, 'evil.xml');
          assert.match(error.message, /^evil\.xml: /);
          assert.ok(error.message.length < 1000);
          return true;
        },
      );
    });

  for (const [name, text, expected] of READ)
    it(`reads ${name}`, () =>
      assert.equal(readSidecar(Buffer.from(text as string), { name: 'odd.xml' }).title, expected));

  it('brings the largest document that is allowed into its bounds', () => {
    const most = [
      dc('<dc:subject>k;k2</dc:subject>'.repeat(9000)),
      dc(`<dc:description>${'&lt;script&gt; &amp;lt; '.repeat(40_000)}</dc:description>`),
      dc(`<dc:description>${'&lt;b '.repeat(150_000)}</dc:description>`),
      dc(`<dc:coverage>POLYGON((${'1 2,'.repeat(200_000)}1 2))</dc:coverage>`),
      dc(`<dc:coverage>${'a=b;'.repeat(200_000)}</dc:coverage>`),
      dc(`<dc:coverage>${'('.repeat(900_000)}</dc:coverage>`),
      dc('<dc:date>x</dc:date>'.repeat(9000)),
      dc(`<dc:date>${'1'.repeat(900_000)}</dc:date>`),
      dc('<dc:coverage>northlimit=x;southlimit=1</dc:coverage>'.repeat(9000)),
      dc('<dc:coverage>1/2/3</dc:coverage>'.repeat(9000)),
      dc(`<dc:title>${' '.repeat(900_000)}</dc:title>`),
      dc(`<dc:title>${'\u202e'.repeat(300_000)}x</dc:title>`),
    ];
    for (const text of most) {
      const metadata = readSidecar(Buffer.from(text), { name: 'large.xml' });
      assert.deepEqual(datasetMetadataSchema.parse(metadata), metadata);
      assert.ok(Buffer.byteLength(JSON.stringify(metadata)) <= MAX_METADATA_BYTES);
    }
  });

  it('never fetches: there is nothing in the readers that could', () => {
    for (const file of [
      'read-sidecar.ts',
      '../../xml/src/read.ts',
      '../../xml/src/scan.ts',
      '../../xml/src/decode.ts',
    ]) {
      const source = readFileSync(new URL(file, import.meta.url), 'utf8');
      assert.doesNotMatch(source, /node:(fs|net|http|https|dns|child_process)|fetch\(|undici/);
    }
  });
});
