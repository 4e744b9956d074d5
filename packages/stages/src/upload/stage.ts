import {
  describeLocation,
  formatLocation,
  type Outcome,
  parseVersion,
  type RemoveJob,
  Retry,
  type S3Location,
  type Stage,
  type StageContext,
  type StoredObject,
  type UploadJob,
} from '@geosluice/jobs';
import { datasetPrefix, rasterKey } from '../keys.ts';
import { decideStorage } from './decide-storage.ts';
import type { UploadPorts } from './ports.ts';

/** upload: brings the bytes to the bucket GeoServer reads, under an immutable key. */
export function createUploadStage(ports: UploadPorts): Stage<'upload'> {
  return (job, context) => (job.kind === 'remove' ? remove(job, context, ports) : add(job, context, ports));
}

async function add(job: UploadJob, context: StageContext, ports: UploadPorts): Promise<Outcome> {
  const entry = await ports.ledger.get(job.dataset);
  const storage = decideStorage(job, entry, ports);
  await context.fence();
  const object =
    storage === 'in-place' ? await serveInPlace(job, context, ports) : await bring(job, context, ports, storage);
  context.log.info({ dataset: job.dataset, storage, size: object.size }, 'Object:Store:Done');
  return { kind: 'next', note: storage, jobs: [{ ...job, spool: null, stage: 'publish', object }] };
}

async function serveInPlace(job: UploadJob, context: StageContext, ports: UploadPorts): Promise<StoredObject> {
  const location = job.location as S3Location;
  const head = await ports.store.head(location, context.signal);
  if (head === null || head.size !== job.fingerprint.size || head.etag !== job.fingerprint.etag) {
    throw new Retry('SOURCE_CHANGED', `${describeLocation(location)} changed since it was inspected`, {
      subject: describeLocation(location),
      counterpart: 'source',
    });
  }
  return { bucket: location.bucket, key: location.key, size: head.size, etag: head.etag, checksum: null, owned: false };
}

async function bring(
  job: UploadJob,
  context: StageContext,
  ports: UploadPorts,
  storage: 'server-side' | 'through-us',
): Promise<StoredObject> {
  const from = job.spool ?? job.location;
  const version = parseVersion(job.version);
  const request = {
    target: rasterKey(ports.target, job.dataset, version, job.name),
    dataset: job.dataset,
    contentId: version.raster,
    memory: ports.memory,
    signal: context.signal,
    onProgress: context.progress,
  };
  if (storage === 'server-side' && from.kind === 's3') {
    // a spooled copy has an ETag of its own; the source's is the one discovery saw
    const head = job.spool === null ? null : await ports.store.head(from, context.signal);
    const etag = job.spool === null ? job.fingerprint.etag : head?.etag;
    if (etag === undefined) throw spoolGone(from);
    const object = await ports.store.copy({ ...request, from: { ...from, etag }, size: job.facts.size });
    if (job.spool !== null) await ports.store.remove(from, context.signal);
    return object;
  }
  if (job.spool !== null && from.kind === 's3') {
    const head = await ports.store.head(from, context.signal);
    if (head === null) throw spoolGone(from);
    const reader = ports.store.reader({ bucket: from.bucket, key: from.key, ...head });
    const object = await ports.store.upload({ ...request, reader, expectedSha256: job.expectedSha256 });
    await ports.store.remove(from, context.signal);
    return object;
  }
  ports.sources.checkAllowed(from);
  const reader = await ports.sources.for(from).open(from, job.fingerprint, context.signal);
  try {
    return await ports.store.upload({ ...request, reader, expectedSha256: job.expectedSha256 });
  } finally {
    await reader.close?.();
  }
}

function spoolGone(from: S3Location): Retry {
  return new Retry('SPOOL_GONE', `the spooled copy ${formatLocation(from)} is gone`, {
    subject: from.key,
    counterpart: 's3',
  });
}

/** The last step of removal: everything below the dataset's prefix, and nothing that was served in place. */
async function remove(job: RemoveJob, context: StageContext, ports: UploadPorts): Promise<Outcome> {
  await context.fence();
  if (job.mode === 'delete') {
    await ports.store.removePrefix(ports.target.bucket, datasetPrefix(ports.target, job.dataset), context.signal);
  }
  return { kind: 'done', record: { state: 'removed' }, note: job.mode };
}
