import {
  describeLocation,
  formatLocation,
  type Outcome,
  Reject,
  type RemoveJob,
  Retry,
  rasterPart,
  type S3Location,
  type Stage,
  type StageContext,
  type StoredObject,
  type UploadJob,
} from '@geosluice/jobs';
import { datasetPrefix } from '../keys.ts';
import { decideShare } from './decide-share.ts';
import { decideStorage, type Storage } from './decide-storage.ts';
import type { UploadPorts } from './ports.ts';
import { requestOf, withReader } from './request.ts';
import { sendPart, share } from './share.ts';

/** upload: brings the bytes to the bucket GeoServer reads, under an immutable key. */
export function createUploadStage(ports: UploadPorts): Stage<'upload'> {
  return (job, context) => {
    if (job.kind === 'remove') return remove(job, context, ports);
    return job.kind === 'part' ? sendPart(job, context, ports) : add(job, context, ports);
  };
}

async function add(job: UploadJob, context: StageContext, ports: UploadPorts): Promise<Outcome> {
  // what was served in place before matters to what is to be served so
  const entry = job.options.storage === 'in-place' ? await ports.ledger.get(job.dataset) : null;
  const storage = decideStorage(job, entry, ports);
  // the runner has looked at the generation just now, and the store does before an object appears
  if (decideShare(job, storage, ports.shareBytes)) {
    const shared = await share(job, context, ports);
    return 'again' in shared ? shared.again : next(job, context, storage, shared.object);
  }
  const object =
    storage === 'in-place' ? await serveInPlace(job, context, ports) : await bring(job, context, ports, storage);
  return next(job, context, storage, object);
}

function next(job: UploadJob, context: StageContext, storage: Storage, object: StoredObject): Outcome {
  context.log.info({ dataset: job.dataset, storage, size: object.size }, 'Object:Store:Done');
  // recorded before GeoServer is sent there, and for good: what it read once it may keep
  const record = storage === 'in-place' ? { inPlaceRaster: rasterPart(job.fingerprint) } : {};
  return { kind: 'next', record, note: storage, jobs: [{ ...job, spool: null, stage: 'publish', object }] };
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
  const request = {
    ...requestOf(job, context, ports),
    ...(job.expectedSha256 === null ? {} : { expectedSha256: job.expectedSha256 }),
  };
  if (storage === 'server-side' && from.kind === 's3') {
    if (job.spool === null) {
      const { etag = '', size } = job.fingerprint;
      return await ports.store.copy({ ...request, from: { ...from, etag, size } });
    }
    // a spooled copy has an ETag of its own
    const spooled = await ports.store.head(from, context.signal);
    if (spooled === null) return await spoolGone(ports, request.target, from, context);
    const object = await ports.store.copy({ ...request, from: { ...from, etag: spooled.etag, size: spooled.size } });
    await ports.store.deleteObject(from, { signal: context.signal });
    return object;
  }
  return await withReader({ location: from, fingerprint: job.fingerprint }, context, ports, (reader) =>
    ports.store.upload({ ...request, reader }),
  );
}

/** An earlier run may have copied the spool and taken it away before it was killed. */
async function spoolGone(
  ports: UploadPorts,
  target: { bucket: string; key: string },
  from: S3Location,
  context: StageContext,
): Promise<StoredObject> {
  const done = await ports.store.head(target, context.signal);
  if (done !== null) return { ...target, size: done.size, etag: done.etag, checksum: null, owned: true };
  const subject = formatLocation(from);
  throw new Reject('SOURCE_GONE', `the spooled copy ${subject} is gone; retry the dataset`, { subject });
}

/** The last step of removal: everything below the dataset's prefix, and nothing that was served in place. */
async function remove(job: RemoveJob, context: StageContext, ports: UploadPorts): Promise<Outcome> {
  await context.fence();
  if (job.mode === 'delete') {
    await ports.store.deletePrefix(ports.target.bucket, datasetPrefix(ports.target, job.dataset), context.signal);
  }
  return { kind: 'done', record: { state: 'removed' }, note: job.mode };
}
