import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatLocation, parseLocation } from '@geosluice/jobs';
import { EVENTS_TOKEN, openGateway } from './testing/open-gateway.ts';

const minio = (...keys: string[]) => ({
  EventName: 's3:ObjectCreated:Put',
  Records: keys.map((key) => record('inbox', key)),
});
const record = (bucket: string, key: string, eventName = 's3:ObjectCreated:Put') => ({
  ...{ eventSource: 'minio:s3', eventName },
  s3: { bucket: { name: bucket }, object: { key: encodeURIComponent(key), size: 7 } },
});
const watching = { id: 'inbox', source: 's3://inbox/in/', options: {}, intervalSeconds: 300 };

test('a raster under a watch is hinted at, whatever else comes is ignored', async (t) => {
  const { ask, pipeline } = await openGateway(t);
  await pipeline.watches.put(watching);
  const body = { Records: [record('inbox', 'in/a b.tif'), record('inbox', 'out/c.tif'), record('other', 'in/d.tif')] };
  const { status, body: answer } = await ask('POST', '/v1/events/s3', { body });
  assert.deepEqual([status, answer], [202, { hinted: 1, ignored: 2 }]);
  assert.deepEqual(pipeline.asked, ['hint s3://inbox/in/a b.tif']);
});

test('a raster is hinted at once, however often it is named', async (t) => {
  const { ask, pipeline } = await openGateway(t);
  await pipeline.watches.put(watching);
  const { body } = await ask('POST', '/v1/events/s3', { body: minio('in/a.tif', 'in/a.tif', 'in/a.tif') });
  assert.deepEqual(body, { hinted: 1, ignored: 2 });
  assert.equal(pipeline.asked.length, 1);
});

test('a sidecar hints at the rasters it lies beside', async (t) => {
  const asked: string[] = [];
  const { ask, pipeline } = await openGateway(t, {
    async rastersAt(location, signal) {
      assert.equal(signal.aborted, false);
      asked.push(formatLocation(location));
      return location.kind === 's3' && location.key === 'in/a.xml'
        ? [parseLocation('s3://inbox/in/a.tif'), parseLocation('s3://inbox/in/a.TIFF')]
        : [];
    },
  });
  await pipeline.watches.put(watching);
  const { body } = await ask('POST', '/v1/events/s3', { body: minio('in/a.xml', 'in/a.tif', 'in/readme.txt') });
  assert.deepEqual(asked, ['s3://inbox/in/a.xml', 's3://inbox/in/readme.txt']);
  assert.deepEqual([...pipeline.asked].sort(), ['hint s3://inbox/in/a.TIFF', 'hint s3://inbox/in/a.tif']);
  assert.deepEqual(body, { hinted: 2, ignored: 1 });
});

test('a removal is a hint too, and what geosluice itself stores is none', async (t) => {
  const { ask, pipeline } = await openGateway(t);
  await pipeline.watches.put({ ...watching, id: 'all', source: 's3://store/' });
  const Records = [record('store', 'in/a.tif', 's3:ObjectRemoved:Delete'), record('store', 'geosluice/d/x/a.tif')];
  const { body } = await ask('POST', '/v1/events/s3', { body: { Records } });
  assert.deepEqual(body, { hinted: 1, ignored: 1 });
  assert.deepEqual(pipeline.asked, ['hint s3://store/in/a.tif']);
});

test('a key that is no Unicode is ignored, also inside of an envelope', async (t) => {
  const { ask, pipeline } = await openGateway(t);
  await ask('PUT', '/v1/watches/inbox', { body: { source: 's3://inbox/' } });
  const records = {
    Records: [{ eventName: 's3:ObjectCreated:Put', s3: { bucket: { name: 'inbox' }, object: { key: '\ud800.tif' } } }],
  };
  const { status, body } = await ask('POST', '/v1/events/s3', {
    body: { Type: 'Notification', Message: JSON.stringify(records) },
  });
  assert.deepEqual([status, body], [202, { hinted: 0, ignored: 1 }]);
  assert.deepEqual(pipeline.asked, []);
});

test('a test event and an empty list are taken', async (t) => {
  const { ask } = await openGateway(t);
  for (const body of [{ Service: 'Amazon S3', Event: 's3:TestEvent', Bucket: 'inbox' }, { Records: [] }]) {
    assert.deepEqual((await ask('POST', '/v1/events/s3', { body })).body, { hinted: 0, ignored: 0 });
  }
});

test('JSON is read whatever type it is sent as, since SNS sends text', async (t) => {
  const { ask, pipeline } = await openGateway(t);
  await pipeline.watches.put(watching);
  const message = {
    Type: 'Notification',
    Message: JSON.stringify({ Records: [record('inbox', 'in/a.tif', 'ObjectCreated:Put')] }),
  };
  const headers = { 'content-type': 'text/plain; charset=UTF-8', authorization: EVENTS_TOKEN };
  const { status, body } = await ask('POST', '/v1/events/s3', { key: null, headers, body: JSON.stringify(message) });
  assert.deepEqual([status, body], [202, { hinted: 1, ignored: 0 }]);
});

test('what is no notification is refused, and what is too large too', async (t) => {
  const { ask } = await openGateway(t);
  const refused = async (body: unknown) => {
    const answer = await ask('POST', '/v1/events/s3', { body });
    return [answer.status, answer.body.code];
  };
  assert.deepEqual(await refused({ hello: 'world' }), [422, 'NOTIFICATION_INVALID']);
  assert.deepEqual(await refused({ Records: [{ eventName: 7 }] }), [422, 'NOTIFICATION_INVALID']);
  assert.deepEqual(await refused({ Records: Array(1001).fill({}) }), [422, 'NOTIFICATION_INVALID']);
  assert.deepEqual(await refused('{"Records": ['), [400, 'JSON_INVALID']);
  assert.deepEqual(await refused('7'), [422, 'FIELDS_INVALID']);
  assert.deepEqual(await refused(minio('x'.repeat(70_000))), [413, 'BODY_TOO_LARGE']);
});

test('many records are hinted at within one request', async (t) => {
  const { ask, pipeline } = await openGateway(t, { bodyLimitBytes: 1024 * 1024 });
  await pipeline.watches.put(watching);
  const { body } = await ask('POST', '/v1/events/s3', {
    body: minio(...Array.from({ length: 1000 }, (_, at) => `in/${at}.tif`)),
  });
  assert.deepEqual(body, { hinted: 1000, ignored: 0 });
  assert.equal(new Set(pipeline.asked).size, 1000);
});

test('where the source cannot say what lies beside, the hint is not lost', async (t) => {
  const { ask, pipeline, logged } = await openGateway(t, { rastersAt: () => Promise.reject(new Error('S3 is away')) });
  await pipeline.watches.put(watching);
  const { status, body } = await ask('POST', '/v1/events/s3', { body: minio('in/a.xml') });
  assert.deepEqual([status, body], [202, { hinted: 1, ignored: 0 }]);
  assert.deepEqual(pipeline.asked, ['hint s3://inbox/in/a.xml']);
  assert.ok(logged.some(({ event }) => event === 'Hint:Pair:Failed'));
});
