import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectAttributesCommand,
  ListMultipartUploadsCommand,
  PutBucketLifecycleConfigurationCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { openBench } from '../testing/stores.ts';

test('the proxy plays MinIO’s ways', async (t) => {
  const { client, server, store, close } = await openBench('minio');
  t.after(close);
  const Bucket = server.bucket;
  const upload = { Bucket, Key: 'ways/a/scene.tif' };
  const { UploadId } = await client.send(new CreateMultipartUploadCommand(upload));

  const listed = async (Prefix: string): Promise<number> =>
    (await client.send(new ListMultipartUploadsCommand({ Bucket, Prefix }))).Uploads?.length ?? 0;
  assert.deepEqual(
    await Promise.all(['', 'ways/', 'ways/a/scene', upload.Key].map(listed)),
    [1, 0, 0, 1],
    'uploads are listed whole or by their exact key',
  );

  const part = await client.send(new UploadPartCommand({ ...upload, UploadId, PartNumber: 1, Body: 'bytes' }));
  const Parts = [{ PartNumber: 1, ETag: part.ETag }];
  const complete = () =>
    client.send(new CompleteMultipartUploadCommand({ ...upload, UploadId, MultipartUpload: { Parts } }));
  const outcomes = await Promise.allSettled([complete(), complete()]);
  const refused = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason.name] : []));
  assert.deepEqual(refused, ['NoSuchUpload'], 'of two completions one is answered');
  await assert.rejects(complete(), { name: 'NoSuchUpload' });

  const rule = { ID: 'unfinished', Status: 'Enabled', Filter: {}, AbortIncompleteMultipartUpload: {} } as const;
  await assert.rejects(
    client.send(new PutBucketLifecycleConfigurationCommand({ Bucket, LifecycleConfiguration: { Rules: [rule] } })),
    { name: 'InvalidArgument' },
  );
  const attributes = (...ObjectAttributes: Array<'ETag' | 'ObjectSize'>) =>
    client.send(new GetObjectAttributesCommand({ ...upload, ObjectAttributes }));
  assert.equal((await attributes('ObjectSize')).ObjectSize, 5);
  await assert.rejects(attributes('ETag', 'ObjectSize'), { name: 'InvalidArgument' });
  await assert.rejects(store.put({ bucket: Bucket, key: 'ways//b.tif' }, 'x', { contentType: 'image/tiff' }), {
    code: 'STORE_REFUSED',
    means: 'reject',
  });
});
