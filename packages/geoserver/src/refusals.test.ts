import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { decideFailure } from './http.ts';
import { decideRefusal, refusalError, sentenceOf } from './refusals.ts';
import { isGeoServers404 } from './rest.ts';

describe('what a refusal means', () => {
  const said: ReadonlyArray<readonly [number, string, string, boolean]> = [
    [401, '', 'GEOSERVER_UNAUTHORIZED', true],
    [403, '', 'GEOSERVER_UNAUTHORIZED', true],
    [404, '', 'GEOSERVER_DOWN', true],
    [503, 'starting', 'GEOSERVER_DOWN', true],
    [415, 'Unsupported Media Type', 'GEOSERVER_REFUSED', false],
    [400, '', 'GEOSERVER_REFUSED', false],
    [
      500,
      'com.amazonaws.services.s3.model.AmazonS3Exception: Not Found (Service: Amazon S3; Status Code: 404; …',
      'GEOSERVER_OBJECT',
      false,
    ],
    [
      500,
      'com.amazonaws.services.s3.model.AmazonS3Exception: Forbidden (Service: Amazon S3; Status Code: 403; …',
      'GEOSERVER_S3',
      true,
    ],
    [
      500,
      'com.amazonaws.SdkClientException: Unable to execute HTTP request: Connect to 127.0.0.1:7173 failed: Connection refused',
      'GEOSERVER_S3',
      true,
    ],
    [
      500,
      'java.lang.IllegalArgumentException: s3.properties file does not contains value for:zzz.s3.user',
      'GEOSERVER_S3',
      true,
    ],
    [
      500,
      'software.amazon.awssdk.services.s3.model.NoSuchKeyException: The specified key does not exist. (Status Code: 404)',
      'GEOSERVER_OBJECT',
      false,
    ],
    [500, 'Could not find the raster plugin for format S3GeoTiff', 'GEOSERVER_PLUGIN', true],
    [500, 'Failed to create reader from cog://s3://geodata/rgb_utm.tif and hints Hints:', 'GEOSERVER_PLUGIN', true],
    [
      500,
      'org.geotools.api.data.DataSourceException: Raster to Model Transformation is not available for: null',
      'NO_GEOREFERENCE',
      false,
    ],
    [500, 'org.geotools.api.data.DataSourceException: Index -1 out of bounds for length 0', 'GEOSERVER_REFUSED', false],
    [500, 'The specified coverageName nopeis not supported', 'GEOSERVER_REFUSED', false],
    [500, 'This is unexpected, the layer srs seems to be mis-configured', 'CRS_UNKNOWN', false],
    [500, 'Store must be part of a workspace', 'GEOSERVER_ERROR', false],
    [500, '', 'GEOSERVER_ERROR', false],
  ];
  for (const [status, sentence, code, down] of said)
    test(`${status} ${sentence.slice(0, 60)} → ${code}`, () => {
      assert.deepEqual(decideRefusal(status, sentence), { code, down });
    });

  test('the error is retried or rejected as its code says, and names the layer', () => {
    const answer = {
      status: 500,
      type: 'text/plain',
      bytes: Buffer.alloc(0),
      retryAfterMs: undefined,
      node: 'http://n',
    };
    const retry = refusalError('create the layer', { ...answer, text: 'odd' }, 'ws:l');
    assert.equal(retry.means, 'retry');
    assert.equal(retry.layer, 'ws:l');
    assert.match(retry.message, /did not create the layer \(HTTP 500: odd\)/);
    const reject = refusalError('create the layer', { ...answer, text: 'srs seems to be mis-configured' });
    assert.equal(reject.means, 'reject');
  });

  test('a page is told by its title, and long sentences are cut', () => {
    const page = '<html><head><title>Error 409 Workspace exists</title></head><body>much</body></html>';
    assert.equal(sentenceOf({ type: 'text/html', text: page }), 'Error 409 Workspace exists');
    assert.equal(sentenceOf({ type: 'text/plain', text: 'x'.repeat(1_000) }).length, 301);
  });

  test('a 404 page of the container is no answer of the catalog', () => {
    assert.equal(isGeoServers404({ type: 'text/html' }), false);
    assert.equal(isGeoServers404({ type: 'text/plain' }), true);
    assert.equal(isGeoServers404({ type: '' }), true);
  });
});

describe('what a broken connection means', () => {
  const coded = (code: string) => Object.assign(new Error(code), { code });
  test('refused, timed out, dropped and anything else', () => {
    assert.equal(decideFailure(coded('ECONNREFUSED')), 'down');
    assert.equal(decideFailure(new AggregateError([coded('ECONNREFUSED')])), 'down');
    assert.equal(decideFailure(coded('UND_ERR_CONNECT_TIMEOUT')), 'down');
    assert.equal(decideFailure(coded('UND_ERR_HEADERS_TIMEOUT')), 'timeout');
    assert.equal(decideFailure(new DOMException('late', 'TimeoutError')), 'timeout');
    assert.equal(decideFailure(new Error('fetch failed', { cause: coded('ECONNRESET') })), 'dropped');
    assert.equal(decideFailure(coded('UND_ERR_SOCKET')), 'dropped');
    assert.equal(decideFailure(new TypeError('a bug')), 'other');
  });
});
