import {
  mainJobIdOf,
  type Outcome,
  type PartJob,
  type StageContext,
  type StoredObject,
  type UploadJob,
} from '@geosluice/jobs';
import { decideRanges, type PartRange } from './decide-share.ts';
import type { UploadPorts } from './ports.ts';
import { requestOf, withReader } from './request.ts';

/** Whoever completes the object wakes the upload job; that it looks by itself too is for parts that vanished. */
const LOOK_AGAIN_MS = 30_000;

/** Brings a file with the help of all workers: the object where it is whole, else a job for each range that is not there. */
export async function share(
  job: UploadJob,
  context: StageContext,
  ports: UploadPorts,
): Promise<{ object: StoredObject } | { again: Outcome }> {
  ports.sources.checkAllowed(job.location);
  const opened = await ports.store.openShared(requestOf(job, context, ports));
  if (opened.kind === 'done') return { object: opened.object };
  const { size } = job.fingerprint;
  const { partSize, missing, sent } = opened;
  context.progress(sent, size);
  const jobs = decideRanges({ size, partSize, missing }).map((range) => partJobOf(job, partSize, range));
  context.log.info(
    { dataset: job.dataset, size, sent, partSize, missing: missing.length, jobs: jobs.length },
    'Object:Share:Open',
  );
  // said once, while there is nothing else to say
  const note = sent === 0 ? { note: 'shared' } : {};
  return { again: { kind: 'again', afterMs: LOOK_AGAIN_MS, jobs, ...note } };
}

/** Sends one range, and wakes the upload job where there is something for it to do. */
export async function sendPart(job: PartJob, context: StageContext, ports: UploadPorts): Promise<Outcome> {
  await context.fence();
  const { partSize, first, last } = job;
  const range = { ...requestOf(job, context, ports), partSize, first, last };
  const ended = await withReader(job, context, ports, (reader) => ports.store.sendRange({ ...range, reader }));
  context.log.info({ dataset: job.dataset, first, last, ended }, 'Object:Part:Done');
  return { kind: 'done', ...(ended === 'sent' ? {} : { wake: mainJobIdOf(job) }) };
}

function partJobOf(job: UploadJob, partSize: number, range: PartRange): PartJob {
  const { schema, ingestion, dataset, generation, version, location, fingerprint, name } = job;
  const { priority } = job.options;
  return {
    ...{ schema, ingestion, stage: 'upload', kind: 'part', dataset, generation, version, location, fingerprint, name },
    options: priority === undefined ? {} : { priority },
    ...{ partSize, ...range },
  };
}
