/** A file that many workers share, over ports in memory and a queue of a few lines; whoever works may be killed at any point. */
import assert from 'node:assert/strict';
import { createHash, randomInt } from 'node:crypto';
import { beforeEach, test } from 'node:test';
import {
  formatLocation,
  type Job,
  jobIdOf,
  mainJobIdOf,
  type Outcome,
  type PartJob,
  Reject,
  type Stage,
  Supersede,
  type UploadJob,
} from '@geosluice/jobs';
import { createMemoryLedger } from '../../../../test/ports/memory-ledger.ts';
import { exampleJobs } from '../../../jobs/src/testing/example-jobs.ts';
import { testContext } from '../testing/context.ts';
import { createMemorySource, type MemorySource } from '../testing/memory-source.ts';
import { createMemoryStore, type MemoryStore } from '../testing/memory-store.ts';
import { createUploadStage } from './stage.ts';

const CONTENT = 'a file of forty-two bytes, in four-byte pa';
const COUNT = Math.ceil(CONTENT.length / 4);
const example = exampleJobs().find((job): job is UploadJob => job.stage === 'upload' && job.kind === 'add')!;
const main: UploadJob = { ...example, fingerprint: { size: CONTENT.length, etag: 'abc' } };

let source: MemorySource;
let store: MemoryStore;
let stage: Stage<'upload'>;
beforeEach(() => {
  source = createMemorySource();
  source.put(formatLocation(main.location), CONTENT);
  store = createMemoryStore();
  stage = createUploadStage({
    ...{ sources: source, store, ledger: createMemoryLedger(), memory: createMemoryLedger() },
    ...{ target: { bucket: 'geodata', prefix: 'rasters' }, servedInPlace: () => false, sameEndpoint: () => false },
    shareBytes: CONTENT.length,
  });
});

const place = `geodata/rasters/${main.dataset}/${main.version.split('-')[0]}/${main.name}.tif`;
const parts = (outcome: Outcome): PartJob[] => {
  assert.ok(outcome.kind === 'again', outcome.kind);
  return (outcome.jobs ?? []) as PartJob[];
};
const assertWhole = (outcome: Outcome): void => {
  assert.ok(outcome.kind === 'next' && outcome.jobs.length === 1, outcome.kind);
  const [next] = outcome.jobs;
  assert.ok(next?.stage === 'publish' && next.kind === 'add');
  assert.equal(`${next.object.bucket}/${next.object.key}`, place);
  assert.equal(Buffer.from(store.objects.get(place) ?? []).toString(), CONTENT);
  assert.equal(store.sessions.size, 0);
};
const sentTwice = (): string[] => {
  const sent = store.calls.filter((call) => call.startsWith('part '));
  return sent.filter((call, at) => sent.indexOf(call) !== at);
};

test('the upload job shares a large file out and sleeps; the last part wakes it, and it goes on to publish', async () => {
  const told: number[] = [];
  const outcome = await stage(main, testContext({ progress: (done) => told.push(done) }));
  const jobs = parts(outcome);
  assert.deepEqual(
    jobs.map(({ first, last, partSize }) => [first, last, partSize]),
    Array.from({ length: COUNT }, (_, at) => [at + 1, at + 1, 4]),
  );
  assert.ok(outcome.kind === 'again' && outcome.afterMs === 30_000 && outcome.note === 'shared');
  assert.deepEqual(new Set(jobs.map(mainJobIdOf)), new Set([jobIdOf(main)]));
  assert.equal(jobs[0]?.name, main.name);
  const ends: Outcome[] = [];
  // in any order
  for (const job of jobs.toReversed()) ends.push(await stage(job, testContext()));
  assert.deepEqual(
    ends.slice(0, -1),
    Array.from({ length: COUNT - 1 }, () => ({ kind: 'done' })),
  );
  assert.deepEqual(ends.at(-1), { kind: 'done', wake: jobIdOf(main) });
  assertWhole(await stage(main, testContext()));
  assert.deepEqual(told, [0]);
  assert.deepEqual(sentTwice(), []);
});

test('it looks again by itself, and asks only for what is missing, under the same ids', async () => {
  const first = parts(await stage(main, testContext()));
  await stage(first[1]!, testContext());
  const outcome = await stage(main, testContext());
  assert.deepEqual(parts(outcome).map(jobIdOf), first.filter((_, at) => at !== 1).map(jobIdOf));
  assert.equal('note' in outcome, false, 'that it is shared was said');
});

test('a part carries the priority of its upload and no other option', async () => {
  const job = { ...main, options: { priority: 'bulk', title: 'A long title' } as const };
  for (const part of parts(await stage(job, testContext()))) assert.deepEqual(part.options, { priority: 'bulk' });
});

test('a smaller file, one with a checksum of its own, and one on the same endpoint are brought by one', async () => {
  const smaller = { ...main, fingerprint: { size: CONTENT.length - 1, etag: 'abc' } };
  const checked = { ...main, expectedSha256: 'a'.repeat(64) };
  for (const job of [smaller, checked]) assert.equal((await stage(job, testContext())).kind, 'next');
  assert.equal(store.sessions.size, 0);
});

test('two that find the file whole at once end well, and it is completed once', async () => {
  const jobs = parts(await stage(main, testContext()));
  for (const job of jobs.slice(0, -1)) await stage(job, testContext());
  const last = jobs.at(-1)!;
  const both = await Promise.all([stage(last, testContext()), stage(last, testContext())]);
  for (const end of both) assert.ok(end.kind === 'done' && end.wake === jobIdOf(main), JSON.stringify(end));
  assert.equal(store.calls.filter((call) => call.startsWith('complete')).length, 1);
  assertWhole(await stage(main, testContext()));
});

test('a worker that dies after the last part leaves one for the next to complete; after completing, one to be woken', async () => {
  const jobs = parts(await stage(main, testContext()));
  for (const job of jobs.slice(0, -1)) await stage(job, testContext());
  const last = jobs.at(-1)!;
  const fence = async (): Promise<void> => {
    if (store.calls.includes(`part ${last.last}`)) throw new Error('killed');
  };
  await assert.rejects(async () => await stage(last, testContext({ fence })), /killed/);
  // every part is there, and nobody has completed
  assert.deepEqual(parts(await stage(main, testContext())).map(jobIdOf), [jobIdOf(last)]);
  await stage(last, testContext());
  // this one's word was lost: it runs again
  const again = await stage(last, testContext());
  assert.deepEqual(again, { kind: 'done', wake: jobIdOf(main) });
  assertWhole(await stage(main, testContext()));
  assert.deepEqual(sentTwice(), []);
});

test('where the upload is gone, or begun anew in other parts, a part ends quietly and has the upload job look', async () => {
  const jobs = parts(await stage(main, testContext()));
  await stage(jobs[0]!, testContext());
  store.sessions.clear();
  store.partSize = 8;
  assert.deepEqual(await stage(jobs[1]!, testContext()), { kind: 'done', wake: jobIdOf(main) });
  const anew = parts(await stage(main, testContext()));
  assert.deepEqual(
    anew.map(({ partSize }) => partSize),
    Array.from({ length: 6 }, () => 8),
  );
  assert.deepEqual(await stage(jobs[2]!, testContext()), { kind: 'done', wake: jobIdOf(main) });
  for (const job of anew) await stage(job, testContext());
  assertWhole(await stage(main, testContext()));
});

test('a part of a dataset that was superseded sends nothing, and completes nothing', async () => {
  const jobs = parts(await stage(main, testContext()));
  let calls = 0;
  const fence = async (): Promise<void> => {
    calls += 1;
    if (calls > 1) throw new Supersede('newer');
  };
  const superseded = testContext({
    fence: async () => {
      throw new Supersede('newer');
    },
  });
  await assert.rejects(async () => await stage(jobs[0]!, superseded), Supersede);
  assert.equal(store.calls.includes('part 1'), false);
  for (const job of jobs.slice(0, -1)) await stage(job, testContext());
  await assert.rejects(async () => await stage(jobs.at(-1)!, testContext({ fence })), Supersede);
  assert.equal(store.objects.size, 0);
});

test('a source that is not allowed any more, or gone, is refused to every job', async () => {
  const jobs = parts(await stage(main, testContext()));
  source.drop(formatLocation(main.location));
  await assert.rejects(async () => await stage(jobs[0]!, testContext()), Reject);
  const location = { kind: 's3', bucket: 'forbidden', key: 'a.tif' } as const;
  for (const job of [
    { ...main, location },
    { ...jobs[0]!, location },
  ]) {
    await assert.rejects(async () => await stage(job, testContext()), { code: 'SOURCE_NOT_ALLOWED' });
  }
});

test('whoever is killed wherever, as often as may be, the file is there in the end and every job at rest', async (t) => {
  const seed = randomInt(2 ** 31);
  t.diagnostic(`seed ${seed}`);
  for (let round = 0; round < 60; round += 1) {
    assertWhole(await drive(seed + round));
    store.objects.clear();
    store.calls.length = 0;
  }
});

/** Runs jobs in an order, and with deaths, that follow from the seed, until the upload job is done. */
async function drive(seed: number): Promise<Outcome> {
  let count = 0;
  const any = (below: number): number => {
    count += 1;
    return createHash('sha256').update(`${seed} ${count}`).digest().readUInt32LE() % below;
  };
  const chance = (one: number): boolean => any(one) === 0;
  const queue = new Map<string, Job>([[jobIdOf(main), main]]);
  let asleep = false;
  for (let step = 0; step < 2_000; step += 1) {
    const awake = [...queue].filter(([id]) => !(asleep && id === jobIdOf(main)));
    // its own half minute is over sooner or later
    if (awake.length === 0 || chance(40)) {
      asleep = false;
      continue;
    }
    const [id, job] = awake[any(awake.length)]!;
    if (chance(50)) store.sessions.clear();
    const context = testContext({
      fence: async () => {
        if (chance(4)) throw new Error('killed');
      },
    });
    const outcome = await Promise.resolve(stage(job as UploadJob, context)).catch(() => null);
    // killed within the stage, or before anything of its outcome was done
    if (outcome === null || chance(5)) continue;
    const brought = outcome.kind === 'again' ? (outcome.jobs ?? []) : [];
    for (const one of brought) {
      if (!queue.has(jobIdOf(one))) queue.set(jobIdOf(one), one);
    }
    // killed with its jobs added, or after it woke another
    if (outcome.kind === 'done' && outcome.wake === jobIdOf(main)) asleep = false;
    if (chance(5)) continue;
    if (outcome.kind === 'next') return outcome;
    if (outcome.kind === 'again') asleep = true;
    else queue.delete(id);
  }
  assert.fail(`seed ${seed} comes to no end: ${store.calls.slice(-20)}`);
}
