import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refused } from '../shared/render.ts';

/** Wrong values, and what is said of them. */
const WRONG: [what: string, set: string[], sentence: RegExp][] = [
  ['a mode there is not', ['mode=sometimes'], /'\/mode': value must be one of 'always-on', 'on-demand'/],
  ['a misspelled value', ['geoserver.replcas=3'], /'\/geoserver': additional properties 'replcas' not allowed/],
  ['an unknown chapter', ['postgres.enabled=true'], /additional properties 'postgres' not allowed/],
  [
    'a word where a number belongs',
    ['django.replicas=two'],
    /'\/django\/replicas': got string, want (integer or null|null or integer)/,
  ],
  ['no pod at all', ['django.replicas=0'], /'\/django\/replicas': minimum: got 0, want 1/],
  ['a short-lived bootstrap', ['bootstrap.ttlSecondsAfterFinished=60'], /minimum: got 60, want 3,?600/],
  ['an upload way there is not', ['rasterUploads=disk'], /'\/rasterUploads': value must be one of 'inbox', 'off'/],
  ['a site with a path', ['site.url=http://x/geo'], /site\.url is "http:\/\/x\/geo": it must be http:\/\/ or https:/],
  [
    'a password that breaks a URL',
    ['secrets.postgis.password=a@b'],
    /secrets\.postgis\.password becomes part of a URL/,
  ],
  ['GeoServer 3 with the old filter', ['geoserver.image.tag=3.0.1'], /set geoserver\.auth to openid-connect/],
  [
    'GeoServer 2 with OpenID Connect',
    ['geoserver.auth=openid-connect'],
    /openid-connect needs an image of GeoServer 3; geoserver\.image\.tag is 2\.28\.4/,
  ],
  ['files in one of several pods', ['media.storage=pod'], /set django\.replicas to 1 and django\.autoscaling\.enabled/],
  ['more at least than at most', ['django.autoscaling.minReplicas=9'], /minReplicas 9 is more than maxReplicas 6/],
  ['a route to no gateway', ['httpRoute.enabled=true'], /httpRoute\.parentRefs is empty/],
  ['https without https', ['ingress.tls.enabled=true'], /wants site\.url to begin with https:/],
  ['two S3 servers', ['s3.endpoint=https://s3.example.org'], /set minio\.enabled to false/],
  [
    'a gateway elsewhere',
    ['exposure.gatewayHost=x.org', 'geosluice.namespace=b'],
    /Services of its own namespace only/,
  ],
  ['a name that is cut', ['fullnameOverride=a-very-long-name-of-a-release-of-geonode'], /longer than 34 characters/],
];

for (const [what, set, sentence] of WRONG) {
  test(`refused: ${what}`, async () => {
    assert.match(await refused('geonode', { set }), sentence);
  });
}

test('everything that is missing is told at once', async () => {
  const answer = await refused('geonode', {
    set: ['postgis.enabled=false', 'redis.enabled=false', 'minio.enabled=false'],
  });
  for (const path of ['postgis.external.host', 'redis.external.host', 'secrets.s3', 'secrets.postgis', 'secrets.redis'])
    assert.ok(answer.includes(`- ${path}`), `${path} is not named in: ${answer}`);
});
