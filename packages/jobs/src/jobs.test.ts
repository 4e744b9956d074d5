import assert from 'node:assert/strict';
import { test } from 'node:test';
import { jobIdOf, mainJobIdOf, NewerJob, readJob, STAGES } from './jobs.ts';
import { exampleJobs } from './testing/example-jobs.ts';

test('every kind of job survives its way through JSON', () => {
  for (const job of exampleJobs()) {
    assert.deepEqual(readJob(job.stage, JSON.parse(JSON.stringify(job))), job);
  }
});

test('a job of another stage, with a field too many, too few or wrong is refused by name', () => {
  const [, inspect] = exampleJobs();
  assert.throws(() => readJob('upload', inspect), { code: 'JOB_INVALID' });
  assert.throws(() => readJob('discover', { ...inspect, extra: 1 }), /extra/);
  assert.throws(() => readJob('discover', { ...inspect, dataset: 'x' }), /dataset/);
  for (const document of [null, 7, 'x', [], {}])
    assert.throws(() => readJob('discover', document), { code: 'JOB_INVALID' });
});

test('a job of a newer build is not refused but left to a newer worker', () => {
  assert.throws(() => readJob('discover', { ...exampleJobs()[1], schema: 2 }), NewerJob);
});

test('a job of an older build is upgraded step by step', () => {
  const [list] = exampleJobs();
  const { depth: _, ...old } = { ...list, schema: -1 } as Record<string, unknown>;
  const upgrades = new Map([
    [-1, (document: Record<string, unknown>) => ({ ...document, schema: 0, depth: 3 })],
    [0, (document: Record<string, unknown>) => ({ ...document, schema: 1 })],
  ]);
  assert.deepEqual(readJob('discover', old, upgrades), { ...list, depth: 3 });
  assert.throws(() => readJob('discover', { ...old, schema: -2 }, upgrades), { code: 'JOB_INVALID' });
});

test('ids are made for BullMQ: no colon, not all digits, and one a job', () => {
  const ids = exampleJobs().map((job) => `${job.stage} ${jobIdOf(job)}`);
  assert.equal(new Set(ids).size, ids.length);
  for (const job of exampleJobs()) assert.match(jobIdOf(job), /^[a-z][A-Za-z0-9.-]*$/);
});

test('two generations of one version are two jobs', () => {
  const upload = exampleJobs().find((job) => job.stage === 'upload' && job.kind === 'add');
  assert.ok(upload?.stage === 'upload');
  assert.notEqual(jobIdOf(upload), jobIdOf({ ...upload, generation: 2 }));
});

test('a part job carries little, and names the job it helps', () => {
  const upload = exampleJobs().find((job) => job.stage === 'upload' && job.kind === 'add');
  const part = exampleJobs().find((job) => job.kind === 'part');
  assert.ok(upload !== undefined && part?.kind === 'part');
  assert.equal(mainJobIdOf(part), jobIdOf(upload));
  assert.equal(jobIdOf(part), `${jobIdOf(upload)}.p3-4`);
  assert.notEqual(jobIdOf(part), jobIdOf({ ...part, first: 5, last: 6 }));
  assert.throws(() => readJob('upload', { ...part, options: { title: 'long' } }), /title/);
  assert.throws(() => readJob('upload', { ...part, last: 10_001 }), /last/);
  assert.throws(() => readJob('publish', { ...part, stage: 'publish' }), { code: 'JOB_INVALID' });
});

test('the examples cover every stage and kind', () => {
  const kinds = new Set(exampleJobs().map((job) => `${job.stage} ${job.kind}`));
  assert.deepEqual(
    [...kinds].sort(),
    [
      'discover inspect',
      'discover list',
      'upload part',
      ...STAGES.slice(1).flatMap((stage) => [`${stage} add`, `${stage} remove`]),
    ].sort(),
  );
});
