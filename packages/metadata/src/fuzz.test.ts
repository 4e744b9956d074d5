import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { datasetMetadataSchema, MAX_METADATA_BYTES } from '@geosluice/jobs';
import { XmlError } from '@geosluice/xml';
import { MetadataError } from './error.ts';
import { readSidecar } from './read-sidecar.ts';
import { sniffSidecar } from './sniff.ts';
import { documentedWarnings, warningCode } from './testing.ts';

const SAMPLES = new URL('../../../test/fixtures/dublin-core/', import.meta.url);
const SEEDS = [SAMPLES, new URL('neighbours/', SAMPLES)].flatMap((folder) =>
  readdirSync(folder)
    .filter((name) => /\.(xml|qmd)$/.test(name))
    .map((name) => readFileSync(new URL(name, folder))),
);
const ROUNDS = 3000;

/** mulberry32: the same numbers on every machine. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const MARKUP = [
  '<',
  '>',
  '</',
  '/>',
  '&',
  ';',
  '"',
  "'",
  '<!--',
  '-->',
  '<![CDATA[',
  ']]>',
  '<?',
  '?>',
  '<!DOCTYPE x [',
  '\0',
].concat(['xmlns="urn:x"', ' a="b"', '&#x110000;', '&amp;', 'http://purl.org/dc/terms/']);
const VALUES = [
  '-',
  '..',
  '/',
  '\\',
  '=',
  ';',
  ':',
  ',',
  ' ',
  '\n',
  '1e999',
  'NaN',
  '😀',
  '\u202e',
  '0',
  '-180',
  '91.5',
  '\u0301',
]
  .concat([
    'POLYGON((',
    '))',
    'POINT(1 2)',
    'SRID=4326;',
    'northlimit=',
    'southlimit=3',
    'westlimit=9',
    'eastlimit:1',
    'east=',
  ])
  .concat([
    'start=',
    'end=2020',
    '2020-02-30',
    '2020-02',
    '2020',
    '01.05.2018',
    '9999999999',
    'EPSG:4326',
    'North 1, South 2, ',
  ])
  .concat([
    '&lt;p&gt;',
    '&amp;nbsp;',
    '&lt;script&gt;',
    'projection=',
    'units=m',
    'urn:ogc:def:crs:EPSG::4326',
    'Köln',
    'x'.repeat(300),
  ]);

/** Changes a place or two: bytes flipped, cut, doubled, markup put in, another sample spliced on. */
function damage(seed: Uint8Array, random: () => number): Buffer {
  const pick = (below: number) => Math.floor(random() * below);
  let bytes = Buffer.from(seed);
  for (let change = 1 + pick(2); change > 0; change--) {
    const at = pick(bytes.length + 1);
    const length = pick(40);
    const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)];
    const kind = pick(6);
    if (kind === 0 && bytes.length > 0) bytes[pick(bytes.length)] = pick(256);
    else if (kind === 1) bytes = Buffer.concat([before, after.subarray(length)]);
    else if (kind === 2) bytes = Buffer.concat([before, after.subarray(0, length), after]);
    else if (kind === 3) bytes = Buffer.concat([before, Buffer.from(MARKUP[pick(MARKUP.length)] ?? ''), after]);
    else if (kind === 4) bytes = Buffer.concat([before, (SEEDS[pick(SEEDS.length)] ?? seed).subarray(pick(500))]);
    else bytes = Buffer.from(before);
  }
  return bytes;
}

/** Keeps the document well-formed and puts nonsense in place of, or beside, some of its values. */
function distort(seed: Uint8Array, random: () => number): Buffer {
  const pick = (below: number) => Math.floor(random() * below);
  const nonsense = () => Array.from({ length: 1 + pick(5) }, () => VALUES[pick(VALUES.length)] ?? '').join('');
  const text = Buffer.from(seed)
    .toString(seed[0] === 0xff ? 'utf16le' : 'utf8')
    .replace(/^\ufeff|<\?.*?\?>/g, '');
  const changed = text.replace(/>([^<>]+)</g, (whole, value: string) => {
    const kind = pick(4);
    if (kind === 0) return `>${nonsense()}<`;
    return kind === 1 ? `>${value.slice(0, pick(value.length))}${nonsense()}<` : whole;
  });
  return Buffer.from(changed);
}

describe('random damage', () => {
  it(`to the samples, ${ROUNDS} times, ends in a valid document or in an error of ours`, () => {
    const random = randomOf(20_261_124);
    const documented = documentedWarnings();
    const outcomes = { read: 0, refused: 0 };
    for (let round = 0; round < ROUNDS; round++) {
      const seed = SEEDS[round % SEEDS.length] ?? new Uint8Array();
      const bytes = random() < 0.5 ? damage(seed, random) : distort(seed, random);
      const context = {
        name: 'fuzz.xml',
        stem: 'fuzz',
        raster: { wgs84Bbox: [3, 7, 4, 8] as [number, number, number, number], srs: 'EPSG:4326' },
      };
      sniffSidecar(bytes);
      try {
        const metadata = readSidecar(bytes, context);
        outcomes.read++;
        const parsed = datasetMetadataSchema.safeParse(metadata);
        assert.ok(parsed.success, `round ${round}: ${parsed.error?.message}\n${bytes}`);
        assert.ok(Buffer.byteLength(JSON.stringify(metadata)) <= MAX_METADATA_BYTES);
        for (const warning of metadata.warnings) assert.ok(documented.has(warningCode(warning)), warning);
        // nothing grows: every text comes from the document
        assert.ok(JSON.stringify(metadata).length < 4000 + 12 * bytes.length);
      } catch (error) {
        if (!(error instanceof MetadataError || error instanceof XmlError))
          throw new Error(`round ${round}: ${bytes}`, { cause: error });
        outcomes.refused++;
      }
    }
    // both roads are walked, or this proves nothing
    assert.ok(outcomes.read > ROUNDS / 4 && outcomes.refused > ROUNDS / 4, JSON.stringify(outcomes));
  });
});
