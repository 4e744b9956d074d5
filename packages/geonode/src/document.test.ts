import assert from 'node:assert/strict';
import { test } from 'node:test';
import { emptyMetadata } from '@geosluice/jobs';
import { exampleJobs } from '../../jobs/src/testing/example-jobs.ts';
import { registrationDocumentSchema } from './document.ts';
import { documentOf } from './document-of.ts';

const job = exampleJobs().find((one) => one.stage === 'register' && one.kind === 'add');
assert.ok(job?.stage === 'register' && job.kind === 'add');

test('a job becomes a document of the schema, with nothing undefined in it', () => {
  const document = documentOf(job, null);
  assert.deepEqual(registrationDocumentSchema.parse(document), document);
  assert.deepEqual(JSON.parse(JSON.stringify(document)), document);
});

test('options go before defaults, and the title before the sidecar’s and the name', () => {
  const defaults = { owner: 'site', permissions: 'owner', license: 'CC0' } as const;
  const plain = documentOf({ ...job, options: {} }, null, defaults);
  assert.deepEqual([plain.owner, plain.permissions, plain.license], ['site', 'owner', 'CC0']);
  const options = { owner: 'ann', permissions: 'public', title: 'Given' } as const;
  const asked = documentOf({ ...job, options }, null, defaults);
  assert.deepEqual([asked.owner, asked.permissions, asked.title], ['ann', 'public', 'Given']);
  const described = { ...job, options: {}, metadata: { ...emptyMetadata(), title: 'Described' } };
  assert.equal(documentOf(described, null).title, 'Described');
  assert.equal(documentOf({ ...job, options: {}, metadata: emptyMetadata() }, null).title, job.name);
  assert.equal(documentOf({ ...job, options: {} }, null).permissions, 'public');
});

test('the sidecar goes along byte for byte, and only where the job has one', () => {
  const sidecar = { bucket: 'b', key: 'k', sha256: '0', name: 'scene.xml', size: 3 };
  const bytes = Uint8Array.of(9, 0xff, 0xfe, 0, 9).subarray(1, 4);
  assert.equal(documentOf({ ...job, sidecar }, bytes).sidecar?.base64, '//4A');
  assert.equal(documentOf({ ...job, sidecar: null }, bytes).sidecar, null);
  assert.equal(documentOf({ ...job, sidecar }, null).sidecar, null);
});

test('the source is told without its query string', () => {
  const location = { kind: 'https', url: 'https://user:pw@host.test/a.tif?token=secret' } as const;
  assert.equal(documentOf({ ...job, location }, null).sourceUri, 'https://host.test/a.tif');
});
