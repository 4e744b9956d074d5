import assert from 'node:assert/strict';
import { test } from 'node:test';
import { datasetIdOf, layerNameSchema, parseLocation } from '@geosluice/jobs';
import { deriveLayerName, deriveTitle, distinctLayerName } from './name.ts';

const file = (name: string) => ({ kind: 's3', bucket: 'inbox', key: `a/b/${name}` }) as const;

test('a layer name is lower case ASCII whatever the file is called', () => {
  assert.equal(deriveLayerName(file('Köln Münster-2018.TIF')), 'koln_munster_2018');
  assert.equal(deriveLayerName(file('scene.v1.2.tiff')), 'scene_v1_2');
  assert.equal(deriveLayerName(file('地形図.tif')), 'raster');
  assert.equal(deriveLayerName(file('2020_population.tif')), 'r_2020_population');
  assert.equal(deriveLayerName(file('default.tif')), 'r_default');
  assert.equal(deriveLayerName(file('.tif')), 'raster');
});

test('every derived name is a valid layer name, also for odd and long keys', () => {
  for (const odd of [
    '+ # ? %.tif',
    `${'a'.repeat(200)}.tif`,
    `${'é'.repeat(90)}.tif`,
    '__x__.tif',
    'x\n.tif',
    '🌍.tif',
    '%2F..tif',
  ]) {
    const name = deriveLayerName(file(odd));
    assert.equal(layerNameSchema.safeParse(name).success, true, `${JSON.stringify(odd)} → ${name}`);
    const distinct = distinctLayerName(name, datasetIdOf(file(odd)));
    assert.equal(layerNameSchema.safeParse(distinct).success, true, distinct);
    assert.notEqual(distinct, name);
  }
});

test('two datasets of one stem get two names, the same dataset always the same', () => {
  const a = datasetIdOf(parseLocation('s3://inbox/a/dem.tif'));
  const b = datasetIdOf(parseLocation('s3://inbox/b/dem.tif'));
  assert.notEqual(distinctLayerName('dem', a), distinctLayerName('dem', b));
  assert.equal(distinctLayerName('dem', a), distinctLayerName('dem', a));
});

test('a title is the stem with spaces', () => {
  assert.equal(deriveTitle(file('land_cover_2015.tif')), 'land cover 2015');
  assert.equal(deriveTitle(file('.tif')), 'Untitled raster');
});
