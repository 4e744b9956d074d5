import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decideMissingModules } from './check.ts';
import { settle } from './config.ts';

test('a missing module says which kind of store will not work', () => {
  const all = ['gs-cog-core-3.0', 'gs-cog-s3-3.0', 'gs-s3-geotiff-3.0'];
  assert.deepEqual(decideMissingModules(all, 'S3'), []);
  assert.match(decideMissingModules(all, 'HTTP')[0] ?? '', /gs-cog-http/);
  assert.match(decideMissingModules(['gs-main-3.0'], 'S3').join(), /s3geotiff .*,.*gs-cog-core and gs-cog-s3/);
});

test('the primary is the first node, none is there twice, and slashes at the end do not matter', () => {
  const { nodes, url, publicUrl } = settle({
    url: 'http://a/geoserver/',
    nodes: ['http://b/geoserver', 'http://a/geoserver'],
    user: 'u',
    password: 'p',
    s3geotiff: { alias: 'x' },
    cog: { range: 'S3' },
  });
  assert.deepEqual(nodes, ['http://a/geoserver', 'http://b/geoserver']);
  assert.equal(publicUrl, url);
});
