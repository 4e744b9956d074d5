import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { decodeS3Events } from './events.ts';

const record = (key: string, over: Record<string, unknown> = {}, s3: Record<string, unknown> = {}) => ({
  eventVersion: '2.1',
  eventSource: 'aws:s3',
  eventName: 'ObjectCreated:Put',
  ...over,
  s3: { s3SchemaVersion: '1.0', bucket: { name: 'inbox' }, object: { key, size: 1 }, ...s3 },
});
const keysOf = (body: unknown): string[] =>
  decodeS3Events(body).map(({ kind, location }) => `${kind} ${location.bucket}/${location.key}`);

describe('notifications', () => {
  it('of AWS have form-encoded keys', () => {
    const Records = [
      record('a+b%2Bc/d%0Ae%F0%9F%8C%8D.tif'),
      record('gone.tif', { eventName: 'ObjectRemoved:DeleteMarkerCreated' }),
      record('restored.tif', { eventName: 'ObjectRestore:Completed' }),
      record('tagged.tif', { eventName: 'ObjectTagging:Put' }),
    ];
    assert.deepEqual(keysOf({ Records }), [
      'created inbox/a b+c/d\ne🌍.tif',
      'removed inbox/gone.tif',
      'created inbox/restored.tif',
    ]);
  });

  it('of MinIO escape slashes too', () => {
    const minio = { eventSource: 'minio:s3', eventName: 's3:ObjectCreated:CompleteMultipartUpload' };
    const body = {
      EventName: 's3:ObjectCreated:CompleteMultipartUpload',
      Key: 'inbox/dir/a b.tif',
      Records: [record('dir%2Fa+b.tif', minio, { configurationId: 'Config' })],
    };
    assert.deepEqual(keysOf(body), ['created inbox/dir/a b.tif']);
  });

  it('of versitygw have raw keys, as records in an object or in a bare list', () => {
    const versitygw = { eventName: 's3:ObjectCreated:Put' };
    const Records = ['a+b%41.tif', 'a b.tif', '100%.tif'].map((key) =>
      record(key, versitygw, { configurationId: 'webhook-global' }),
    );
    const expected = ['created inbox/a+b%41.tif', 'created inbox/a b.tif', 'created inbox/100%.tif'];
    assert.deepEqual(keysOf({ Records }), expected);
    assert.deepEqual(keysOf(Records), expected);
  });

  it('of a store that is not known are taken for raw where they cannot be encoded', () => {
    const ceph = { eventSource: 'ceph:s3' };
    assert.deepEqual(
      keysOf({ Records: [record('a b+é.tif', ceph), record('100%.tif', ceph), record('a%20b.tif', ceph)] }),
      ['created inbox/a b+é.tif', 'created inbox/100%.tif', 'created inbox/a b.tif'],
    );
  });

  it('of EventBridge have raw keys', () => {
    const event = (type: string) => ({
      source: 'aws.s3',
      'detail-type': type,
      detail: { bucket: { name: 'inbox' }, object: { key: 'a+b%20.tif' } },
    });
    assert.deepEqual(keysOf(event('Object Created')), ['created inbox/a+b%20.tif']);
    assert.deepEqual(keysOf(event('Object Deleted')), ['removed inbox/a+b%20.tif']);
    assert.deepEqual(keysOf(event('Object Tags Added')), []);
  });

  it('of SeaweedFS are paths of its filer', () => {
    const event = (key: string, event_type: string, message: unknown) => ({ key, event_type, message });
    assert.deepEqual(keysOf(event('/buckets/inbox/d/a+b.tif', 'create', { new_entry: { name: 'a+b.tif' } })), [
      'created inbox/d/a+b.tif',
    ]);
    assert.deepEqual(keysOf(event('/buckets/inbox/d', 'create', { new_entry: { name: 'd', is_directory: true } })), []);
    assert.deepEqual(keysOf(event('/buckets/inbox/a.tif', 'delete', { old_entry: { name: 'a.tif' } })), [
      'removed inbox/a.tif',
    ]);
    const moved = { old_entry: { name: 'a' }, new_entry: { name: 'b.tif' }, new_parent_path: '/buckets/inbox/to' };
    assert.deepEqual(keysOf(event('/buckets/inbox/a.tif', 'rename', moved)), [
      'removed inbox/a.tif',
      'created inbox/to/b.tif',
    ]);
  });

  it('come in the envelopes of SNS and SQS', () => {
    const Message = JSON.stringify({ Records: [record('a+b.tif')] });
    const sns = { Type: 'Notification', TopicArn: 'arn', Message };
    const expected = ['created inbox/a b.tif'];
    assert.deepEqual(keysOf(sns), expected);
    assert.deepEqual(keysOf({ Records: [{ EventSource: 'aws:sns', Sns: { Message } }] }), expected);
    assert.deepEqual(keysOf({ Records: [{ eventSource: 'aws:sqs', body: Message }] }), expected);
    assert.deepEqual(keysOf({ Messages: [{ MessageId: '1', Body: JSON.stringify(sns) }] }), expected);
  });

  it('that only test, or ask to be confirmed, give nothing', () => {
    assert.deepEqual(keysOf({ Service: 'Amazon S3', Event: 's3:TestEvent', Bucket: 'inbox' }), []);
    assert.deepEqual(keysOf({ Service: 'S3', Event: 's3:TestEvent', Bucket: 'Test-Bucket' }), []);
    assert.deepEqual(
      keysOf({ Type: 'SubscriptionConfirmation', SubscribeURL: 'https://example.org/', Message: 'x' }),
      [],
    );
    assert.deepEqual(keysOf({ Records: [] }), []);
  });

  it('that are none, too many or too deep are refused', () => {
    const nest = (depth: number): unknown =>
      depth === 0 ? { Records: [record('a.tif')] } : { Type: 'Notification', Message: JSON.stringify(nest(depth - 1)) };
    assert.equal(keysOf(nest(3)).length, 1);
    for (const body of [
      null,
      'text',
      42,
      {},
      { Records: [{}] },
      { Records: [null] },
      { Records: [record('')] },
      { Records: [record('x'.repeat(1025))] },
      { Type: 'Notification', Message: 'no JSON' },
      { Records: Array.from({ length: 1001 }, () => record('a.tif')) },
      { Messages: Array.from({ length: 600 }, () => ({ Body: JSON.stringify([record('a.tif')]) })) },
      nest(4),
      nest(8),
    ]) {
      assert.throws(() => decodeS3Events(body), { code: 'INVALID_OPTIONS' }, JSON.stringify(body)?.slice(0, 80));
    }
  });
});
