import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { costsOf } from './costs.ts';
import { layersOf, patternOf } from './layers.ts';
import { registerSection, remarksOf } from './page.ts';
import { tablesOf } from './report.ts';
import type { Turn } from './turn.ts';

const common = { size: 1000, round: 1, django: 0.9, postgres: 0.1, wall: 2 };
const get = (layer: string) => ({
  method: 'GET',
  path: `/geoserver/rest/layers/ws_1:${layer}.xml`,
  status: 200,
  ms: 1,
});
const TURNS: Turn[] = [
  { ...common, way: 'ours', count: 20, requests: [] },
  {
    ...{ ...common, way: 'updatelayers', count: 2 },
    requests: [get('layer_a'), get('layer_b'), { ...get('layer_b'), status: 404, ms: 2.5 }],
  },
];

suite('[bench] report of registering', () => {
  test('a table a size, figures a dataset', () => {
    const [table] = tablesOf(TURNS);
    assert.equal(table?.title, 'A dataset, with 1,000 existing');
    assert.deepEqual(table?.rows, [
      ['ours', '0.0500', '0.0450', '0.0050', '0.1000', '0.00'],
      ['updatelayers', '0.5000', '0.4500', '0.0500', '1.0000', '1.50'],
    ]);
  });
  test('requests are listed by what they have in common, with every status', () => {
    assert.deepEqual(tablesOf(TURNS).at(-1)?.rows, [
      ['updatelayers', 'GET /rest/layers/{ws}:{layer}.xml', '1.50', '200, 404', '1.0', '2.5'],
    ]);
  });
  test('of a query what is asked for is kept', () => {
    const path = '/geoserver/wcs?service=wcs&version=1.1.0&request=DescribeCoverage&identifiers=ws_1%3Alayer_2';
    assert.equal(patternOf(path), '/wcs wcs DescribeCoverage');
    assert.equal(patternOf('/geoserver/rest/styles/layer_1.xml?purge=True'), '/rest/styles/{layer}.xml');
  });
  test('layers are told apart, and lie where they say', () => {
    const layers = layersOf('ws_1', 399, 2);
    assert.equal(new Set(layers.map(({ name }) => name)).size, 2);
    for (const { nativeBbox, wgs84Bbox } of layers) {
      const [west, south, east, north] = wgs84Bbox;
      assert.ok(nativeBbox[0] < nativeBbox[2] && nativeBbox[1] < nativeBbox[3]);
      assert.ok(14.9 < west && west < east && east < 19 && 45 < south && south < north && north < 47, `${wgs84Bbox}`);
    }
  });
  test('the page tells the method, and that nothing was kept yet', () => {
    const section = registerSection(null);
    assert.match(section, /^## Registering\n/);
    assert.match(section, /No run was kept yet/);
    assert.match(section, /updatelayers \d+ to \d+/);
    const remarks = remarksOf({ sizes: [0, 20_000], rounds: 3, count: 300, keep: false }, costsOf(TURNS), [4, 4.26]);
    for (const text of [/4.3 CPU s/, /`updatelayers` 2:/, /20,000 datasets by the app itself, about 17 CPU minutes/])
      assert.match(remarks.join('\n'), text);
  });
  test('remarks tell the most requests of each way at any size, and how long the slowest start took', () => {
    const stock = (size: number, requests: number): Turn => ({
      ...{ ...common, size, way: 'create + update', count: 2 },
      requests: Array.from({ length: requests }, () => get('layer_a')),
    });
    const remarks = remarksOf(
      { sizes: [0, 1000], rounds: 2, count: 40, keep: true },
      costsOf([...TURNS, stock(0, 150), stock(1000, 152)]),
      [2, 3.96, 1],
    );
    assert.match(remarks[0] ?? '', /^2 rounds; .* each round adds 40 of ours/);
    assert.match(remarks[1] ?? '', /`create` and `update` make 76, `updatelayers` 2:/);
    assert.match(remarks.join('\n'), /took a process 4\.0 CPU s/);
  });
  test('remarks tell nothing of what was not measured', () => {
    const asked = { rounds: 1, count: 20, keep: false };
    const empty = remarksOf({ ...asked, sizes: [0] }, costsOf(TURNS), [1]);
    assert.match(empty[1] ?? '', /`create` and `update` make an unknown number, `updatelayers` 2:/);
    assert.doesNotMatch(empty.join('\n'), /first run fills/, 'nothing was filled');
    const withoutOurs = remarksOf({ ...asked, sizes: [0, 20_000] }, costsOf(TURNS.slice(1)), [1]);
    assert.doesNotMatch(withoutOurs.join('\n'), /first run fills|NaN|undefined/);
  });
});
