import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { decideStore, nativeNameOf, storeDocument, storeUrl, wantedStore } from './store-body.ts';

const access = { s3geotiff: { alias: 'minio' }, cog: { range: 'S3' } } as const;
const place = { bucket: 'geo', key: 'rasters/d1/v1/scene.tif' };
const wanted = wantedStore('scene', 's3geotiff', place, 'd1', access);
const never = () => false;

describe('the url of a store', () => {
  test('is the alias, the bucket and the key', () => {
    assert.equal(storeUrl('s3geotiff', place, access), 'minio://geo/rasters/d1/v1/scene.tif');
  });

  test('names the region where AWS itself is read', () => {
    const aws = { ...access, s3geotiff: { awsRegion: 'EU_CENTRAL_1' } };
    assert.equal(storeUrl('s3geotiff', place, aws), 's3://geo/rasters/d1/v1/scene.tif?awsRegion=EU_CENTRAL_1');
  });

  test('is the range reader’s for a COG', () => {
    assert.equal(storeUrl('cog', place, access), 'cog://s3://geo/rasters/d1/v1/scene.tif');
    const http = { ...access, cog: { range: 'HTTP', baseUrl: 'https://files.example/' } } as const;
    assert.equal(storeUrl('cog', place, http), 'cog://https://files.example/geo/rasters/d1/v1/scene.tif');
  });

  test('encodes what GeoServer would decode or cut', () => {
    const odd = { bucket: 'geo', key: 'a b/c+d?e#f/ü.tif' };
    assert.equal(storeUrl('s3geotiff', odd, access), 'minio://geo/a%20b/c%2Bd%3Fe%23f/%C3%BC.tif');
  });
});

test('the coverage inside is called like the file without its last extension', () => {
  assert.equal(nativeNameOf('rasters/d.1/v1/my.scene_01.tif'), 'my.scene_01');
  assert.equal(nativeNameOf('scene.tif'), 'scene');
  assert.equal(nativeNameOf('dir.x/scene'), 'scene');
});

test('a COG store carries the settings without which its layer is refused', () => {
  const document = JSON.stringify(storeDocument('ws', wantedStore('scene', 'cog', place, 'd1', access)));
  assert.match(
    document,
    /"@key":"CogSettings.Key","cogSettings":\{"useCachingStream":false,"rangeReaderSettings":"S3"\}/,
  );
  assert.doesNotMatch(JSON.stringify(storeDocument('ws', wanted)), /CogSettings/);
});

describe('what is to be done about a store', () => {
  const current = { name: 'scene', type: 'S3GeoTiff', enabled: true, url: wanted.url };

  test('none is created', () => assert.equal(decideStore(null, wanted, never), 'create'));
  test('the wanted one is confirmed, whoever made it', () =>
    assert.equal(decideStore(current, wanted, never), 'confirm'));
  test('a disabled one is written again', () =>
    assert.equal(decideStore({ ...current, enabled: false }, wanted, never), 'move'));
  test('one of an older version is moved', () => {
    const older = { ...current, url: 'minio://geo/rasters/d1/v0/scene.tif' };
    assert.equal(
      decideStore(older, wanted, (url) => url.includes('/d1/')),
      'move',
    );
  });
  test('one that bears our mark is moved, wherever it points', () => {
    const marked = { ...current, url: 'minio://inbox/scene.tif', description: 'geosluice:d1' };
    assert.equal(decideStore(marked, wanted, never), 'move');
  });
  test('one of another kind is made anew', () => {
    const cog = { ...current, type: 'GeoTIFF', description: 'geosluice:d1' };
    assert.equal(decideStore(cog, wanted, never), 'recreate');
  });
  test('somebody else’s is left alone', () => {
    assert.equal(decideStore({ ...current, url: 'file:data/x.tif' }, wanted, never), 'taken');
    const { url: _, ...without } = current;
    assert.equal(decideStore(without, wanted, never), 'taken');
  });
});
