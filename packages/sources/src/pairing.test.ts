import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { globMatches } from './glob.ts';
import { DEFAULT_RULES, splitExtension } from './names.ts';
import { pairUp } from './pairing.ts';

const paired = (names: string[], rules = DEFAULT_RULES, also: string[] = []) => {
  const files = names.map((name) => ({ name, size: 1 }));
  const { pairs, orphans, others, skipped } = pairUp(files, rules, new Set(also));
  return {
    pairs: Object.fromEntries(
      pairs.map(({ raster, sidecars }) => [raster.name, sidecars.map(({ role, file }) => `${role} ${file.name}`)]),
    ),
    orphans: orphans.map(({ role, file }) => `${role} ${file.name}`),
    others: others.map(({ name }) => name),
    skipped,
  };
};

describe('pairing', () => {
  it('prefers <stem>.xml to <name>.xml to .qmd, and lower case to other cases', () => {
    const { pairs } = paired(['x.tif', 'x.qmd', 'x.TIF.XML', 'x.tif.xml', 'x.XML', 'x.xml']);
    assert.deepEqual(pairs['x.tif'], [
      'metadata x.xml',
      'metadata x.XML',
      'metadata x.tif.xml',
      'metadata x.TIF.XML',
      'metadata x.qmd',
    ]);
  });

  it('prefers SHA-256 to MD5, and the list that names the file to the one that names the stem', () => {
    const { pairs } = paired(['x.tif', 'x.md5', 'x.tif.md5', 'x.sha256', 'x.tif.sha256']);
    assert.deepEqual(pairs['x.tif'], [
      'checksum x.tif.sha256',
      'checksum x.sha256',
      'checksum x.tif.md5',
      'checksum x.md5',
    ]);
  });

  it('gives rasters that share a stem the sidecars of the stem, and each its own by name', () => {
    const { pairs } = paired(['a.tif', 'a.tiff', 'a.xml', 'a.tif.xml', 'a.tiff.aux.xml']);
    assert.deepEqual(pairs, {
      'a.tif': ['metadata a.xml', 'metadata a.tif.xml'],
      'a.tiff': ['metadata a.xml', 'pam a.tiff.aux.xml'],
    });
    assert.deepEqual(paired(['a.TIF', 'a.tif', 'a.tif.xml']).pairs, { 'a.TIF': [], 'a.tif': ['metadata a.tif.xml'] });
  });

  it('tells the PAM of x.tif from the metadata of x.aux.tif', () => {
    assert.deepEqual(paired(['x.tif', 'x.aux.tif', 'x.aux.xml']).pairs, {
      'x.tif': ['pam x.aux.xml'],
      'x.aux.tif': ['metadata x.aux.xml'],
    });
  });

  it('does not pair stems that differ in case, or that only begin alike', () => {
    const { pairs, orphans } = paired(['x.tif', 'X.xml', 'x.1.xml', 'xx.xml', '.xml']);
    assert.deepEqual(pairs, { 'x.tif': [] });
    assert.deepEqual(orphans, ['metadata X.xml', 'metadata x.1.xml', 'metadata xx.xml']);
  });

  it('knows what is on its way, what is a neighbour and what it does not know', () => {
    const { pairs, others, skipped } = paired([
      'a.tif.part',
      'a.tif.filepart',
      'a.TIF.TMP',
      '~a.tif',
      'a.tif~',
      '._a.tif',
      '.DS_Store',
      '.~lock.a.tif#',
      'a_$folder$',
      'a.rrd',
      'a.tif.vat.dbf',
      'a.qml',
      'SHA256SUMS',
      'readme.txt',
      'scene',
    ]);
    assert.deepEqual(pairs, {});
    assert.deepEqual(others, ['readme.txt', 'scene']);
    assert.deepEqual(skipped, { 'folder-marker': 0, 'zero-byte': 0, ignored: 9, neighbour: 4, 'not-a-raster': 2 });
  });

  it('takes a file for a raster where it was asked for, whatever its extension', () => {
    assert.deepEqual(paired(['scene.dat', 'scene.xml', 'scene.dat.xml'], DEFAULT_RULES, ['scene.dat']).pairs, {
      'scene.dat': ['metadata scene.xml', 'metadata scene.dat.xml'],
    });
    assert.deepEqual(paired(['scene', 'scene.xml'], DEFAULT_RULES, ['scene']).pairs, { scene: ['metadata scene.xml'] });
  });

  it('counts rasters without bytes and passes them on all the same', () => {
    const { pairs, skipped } = pairUp([{ name: 'a.tif', size: 0 }], DEFAULT_RULES);
    assert.deepEqual([pairs.length, skipped['zero-byte']], [1, 1]);
  });

  it('does 20,000 files of one folder in a moment', () => {
    const names = Array.from({ length: 10_000 }, (_, i) => [`s.2020.${i}.tif`, `s.2020.${i}.tif.xml`]).flat();
    const begun = performance.now();
    const { pairs } = paired(names);
    assert.equal(Object.values(pairs).flat().length, 10_000);
    assert.ok(performance.now() - begun < 5000);
  });
});

describe('names', () => {
  it('part at the last dot that is not the first character', () => {
    assert.deepEqual(splitExtension('a.b.TIF'), { stem: 'a.b', extension: '.TIF' });
    assert.deepEqual(splitExtension('.hidden'), { stem: '.hidden', extension: '' });
    assert.deepEqual(splitExtension('a'), { stem: 'a', extension: '' });
  });

  it('match patterns of stars and question marks, and hostile ones in a moment', () => {
    for (const [pattern, name, expected] of [
      ['*.part', 'x.part', true],
      ['*.part', '.part', true],
      ['*.part', 'x.part2', false],
      ['a?c', 'abc', true],
      ['a?c', 'ac', false],
      ['*a*b*', 'xxaxxbxx', true],
      ['*a*b*', 'xxbxxaxx', false],
      ['', '', true],
      ['*', '', true],
      ['', 'x', false],
    ] as const) {
      assert.equal(globMatches(pattern, name), expected, `${pattern} ${name}`);
    }
    const begun = performance.now();
    assert.equal(globMatches('*a'.repeat(50), `${'a'.repeat(1000)}b`), false);
    assert.ok(performance.now() - begun < 1000);
  });
});
