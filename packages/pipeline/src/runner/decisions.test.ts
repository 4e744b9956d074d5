import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Job, Reject, type RemoveJob, Retry, Supersede } from '@geosluice/jobs';
import type { EntryView } from '../ledger/view.ts';
import { partJob } from '../testing/model-share.ts';
import { inspectJob, OBJECT, uploadJob } from '../testing/samples.ts';
import { checkOutcome, clearedBy, endOf, patchOf } from './advance.ts';
import { fullHouseMs, retryDelayMs } from './backoff.ts';
import { decideError } from './decide-error.ts';
import { decideStart } from './decide-start.ts';

const view = (changes: Partial<EntryView> = {}): EntryView => ({
  ...{ state: 'uploading', generation: 1, takenBy: 'inspect', job: null, updatedAt: '', by: 'discover' },
  ...{ removal: null, failed: null, ...changes },
});
const first = { attempt: 1, attempts: 3, outages: 0 };

test('waits grow with each attempt up to the cap, with full jitter', () => {
  const backoff = { baseMs: 100, maxMs: 1_000 };
  const most = (attempt: number): number => retryDelayMs(attempt, backoff, undefined, () => 0.999_999);
  assert.deepEqual([1, 2, 3, 4, 5, 50].map(most), [99, 199, 399, 799, 999, 999]);
  assert.equal(
    retryDelayMs(5, backoff, undefined, () => 0),
    0,
  );
});

test('the more list jobs rest in a full house, the longer each does, within bounds', () => {
  assert.deepEqual([0, 1, 100, 101, 1_000, 1_000_000].map(fullHouseMs), [5_000, 5_000, 5_000, 5_050, 50_000, 300_000]);
});

test('a server that asks for patience gets it, but not for ever', () => {
  const backoff = { baseMs: 100, maxMs: 1_000 };
  assert.equal(
    retryDelayMs(1, backoff, 30_000, () => 0.5),
    30_000,
  );
  assert.equal(
    retryDelayMs(1, backoff, 1e12, () => 0.5),
    3_600_000,
  );
});

test('a road job runs under its own generation or a higher one than known, and never under a lower', () => {
  const job: Job = uploadJob('a.tif', 2);
  assert.equal(decideStart(job, 'x', view({ generation: 2 })), 'run');
  assert.equal(decideStart(job, 'x', view({ generation: 1 })), 'run');
  assert.equal(decideStart(job, 'x', view({ generation: 3 })), 'superseded');
  assert.equal(decideStart(job, 'x', null), 'unknown');
});

test('a job whose next stage has recorded something is finished, one that was buried is failed', () => {
  const job: Job = uploadJob('a.tif', 1);
  assert.equal(decideStart(job, 'x', view({ by: 'upload', state: 'publishing' })), 'run');
  assert.equal(decideStart(job, 'x', view({ by: 'publish', state: 'publishing' })), 'finished');
  assert.equal(decideStart(job, 'x', view({ by: 'publish', state: 'dead' })), 'finished');
  assert.equal(decideStart(job, 'x', view({ by: 'upload', state: 'dead' })), 'failed');
  assert.equal(decideStart(job, 'x', view({ by: '', state: 'uploading' })), 'run');
});

test('an inspection is judged only by the generation that it took itself', () => {
  const job = inspectJob('a.tif');
  assert.equal(decideStart(job, 'other', view({ by: 'publish' })), 'run');
  assert.equal(decideStart(job, 'inspect', view({ by: 'publish' })), 'finished');
  assert.equal(decideStart(job, 'inspect', view({ by: 'discover', state: 'dead' })), 'failed');
  assert.equal(decideStart(job, 'inspect', null), 'run');
});

test('on the road backwards the later stages come first', () => {
  const { schema, ingestion, options, dataset, version } = uploadJob('a.tif');
  const remove: RemoveJob = {
    ...{ schema, ingestion, options, dataset, version, stage: 'publish', kind: 'remove', generation: 2 },
    ...{ workspace: 'w', name: 'a', object: null, mode: 'delete' },
  };
  const going = { generation: 2, state: 'removing', removal: 'delete' } as const;
  assert.equal(decideStart(remove, 'x', view({ ...going, by: 'register' })), 'run');
  assert.equal(decideStart(remove, 'x', view({ ...going, by: 'upload' })), 'finished');
  assert.equal(decideStart(remove, 'x', view({ ...going, state: 'removed' })), 'finished');
  assert.deepEqual(clearedBy(remove, { kind: 'next', jobs: [] }), ['layer']);
  assert.deepEqual(clearedBy({ ...remove, stage: 'upload' }, { kind: 'done' }), ['object']);
  assert.deepEqual(clearedBy({ ...remove, stage: 'upload', mode: 'unpublish' }, { kind: 'done' }), []);
  assert.equal(patchOf({ ...remove, stage: 'upload' }, { kind: 'done' }).state, 'removed');
  assert.equal(patchOf(remove, { kind: 'next', jobs: [{ ...remove, stage: 'upload' }] }).state, 'removing');
});

test('the state follows from what comes next, unless the stage names one', () => {
  const job = uploadJob('a.tif');
  const publish: Job = { ...job, stage: 'publish', object: OBJECT };
  const patch = patchOf(job, { kind: 'next', jobs: [publish], record: { object: OBJECT } });
  assert.equal(patch.state, 'publishing');
  assert.deepEqual(patch.job, { stage: 'publish', id: `${job.dataset}.${job.version}.g1` });
  assert.equal(patchOf(inspectJob('a.tif'), { kind: 'done', note: 'unchanged' }).state, undefined);
  assert.equal(patchOf(job, { kind: 'again', afterMs: 1, record: { state: 'waiting' } }).state, 'waiting');
});

test('a part runs only for a dataset that is being uploaded, and never has a dead letter of its own', () => {
  const part = partJob(uploadJob('a.tif', 2), 1);
  const now = { generation: 2 } as const;
  assert.equal(decideStart(part, 'x', view({ ...now, by: 'upload' })), 'run');
  assert.equal(decideStart(part, 'x', view({ ...now, state: 'found' })), 'run');
  assert.equal(decideStart(part, 'x', view({ generation: 1 })), 'run');
  assert.equal(decideStart(part, 'x', view({ generation: 3 })), 'superseded');
  for (const state of ['publishing', 'visible', 'dead', 'removing', 'removed'] as const) {
    assert.equal(decideStart(part, 'x', view({ ...now, by: 'upload', state })), 'finished', state);
  }
  assert.equal(decideStart(part, 'x', null), 'finished');
});

test('a part gives its end and nothing else; what is asked for again may bring jobs of its own stage', () => {
  const job = uploadJob('a.tif');
  const part = partJob(job, 1);
  checkOutcome(part, { kind: 'done', wake: 'x' });
  checkOutcome(job, { kind: 'again', afterMs: 1, jobs: [part], job });
  const refused = { code: 'OUTCOME_INVALID' };
  assert.throws(() => checkOutcome(part, { kind: 'done', record: { object: OBJECT } }), refused);
  assert.throws(() => checkOutcome(part, { kind: 'next', jobs: [] }), refused);
  assert.throws(() => checkOutcome(job, { kind: 'again', afterMs: 1, jobs: [{ ...part, first: 0 }] }), /first/);
  const publish: Job = { ...job, stage: 'publish', object: OBJECT };
  assert.throws(() => checkOutcome(job, { kind: 'again', afterMs: 1, jobs: [publish] }), refused);
});

test('an upload that ends does not revive what a part was the death of', () => {
  const job = uploadJob('a.tif');
  const publish: Job = { ...job, stage: 'publish', object: OBJECT };
  assert.deepEqual(endOf(job, { kind: 'next', jobs: [publish] }), { upTo: 'visible' });
  assert.deepEqual(endOf(publish, { kind: 'done' }), {});
});

test('what a stage throws is a retry, a dead letter or a quiet end', () => {
  assert.equal(decideError(new Supersede('newer'), first).kind, 'superseded');
  const dead = decideError(new Reject('NO_CRS', 'none'), first);
  assert.deepEqual(dead, { kind: 'dead', code: 'NO_CRS', message: 'none' });
  const retry = decideError(new Retry('S3_SLOW', 'slow', { retryAfterMs: 7 }), first);
  assert.equal(retry.kind === 'retry' && retry.retryAfterMs, 7);
  const bug = decideError(new TypeError('x is not a function'), first);
  assert.ok(bug.kind === 'retry' && bug.code === 'BUG' && bug.stack?.includes('decisions.test'));
  assert.equal(decideError('thrown text', first).kind, 'retry');
});

test('the last attempt is the last, unless the counterpart is down', () => {
  const last = { ...first, attempt: 3 };
  const dead = decideError(new Retry('S3_SLOW', 'slow'), last);
  assert.ok(dead.kind === 'dead' && dead.code === 'RETRIES_EXHAUSTED');
  const away = new Retry('S3_AWAY', 'refused', { down: true, counterpart: 's3' });
  const held = decideError(away, last);
  assert.ok(held.kind === 'retry' && held.down && held.counterpart === 's3');
  const culprit = decideError(away, { ...last, outages: 6 });
  assert.equal(culprit.kind, 'dead');
});

test('messages carry neither the query nor the credentials of a url', () => {
  const verdict = decideError(new Retry('X', 'GET https://me:pw@h/a.tif?X-Amz-Signature=abc failed'), first);
  assert.equal(verdict.kind === 'retry' && verdict.message, 'GET https://h/a.tif?… failed');
});
