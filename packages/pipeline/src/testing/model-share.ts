import { jobIdOf, mainJobIdOf, type PartJob, type Stage, type UploadJob } from '@geosluice/jobs';
import type { Internals } from '../internals.ts';
import { OBJECT } from './samples.ts';

/** Parts of the model's file, one a job. */
export const PARTS = 3;

export function partJob(main: UploadJob, number: number): PartJob {
  const { schema, ingestion, dataset, generation, version, location, fingerprint, name, options } = main;
  return {
    ...{ schema, ingestion, dataset, generation, version, location, fingerprint, name, stage: 'upload', kind: 'part' },
    options: options.priority === undefined ? {} : { priority: options.priority },
    ...{ partSize: 500, first: number, last: number },
  };
}

/** Which parts of an upload the model's store has, by the id of the upload job. */
export const storeOf = ({ keys }: Internals, id: string): string => `${keys.root}:model:${id}`;

/** An upload that is shared, whose store is a set in Redis, so that it outlives a worker. */
export function sharedUpload(internals: Internals, afterMs: number): Stage<'upload'> {
  const { redis } = internals;
  return async (job) => {
    if (job.kind === 'remove') return { kind: 'done' };
    if (job.kind === 'part') {
      const store = storeOf(internals, mainJobIdOf(job));
      await redis.sadd(store, job.first);
      return { kind: 'done', ...((await redis.scard(store)) < PARTS ? {} : { wake: mainJobIdOf(job) }) };
    }
    const there = new Set(await redis.smembers(storeOf(internals, jobIdOf(job))));
    const missing = Array.from({ length: PARTS }, (_, at) => at + 1).filter((number) => !there.has(String(number)));
    if (missing.length === 0) {
      return { kind: 'next', jobs: [{ ...job, stage: 'publish', object: OBJECT }], record: { object: OBJECT } };
    }
    return { kind: 'again', afterMs, jobs: missing.map((number) => partJob(job, number)), note: 'shared' };
  };
}
