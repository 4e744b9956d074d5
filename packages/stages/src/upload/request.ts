import { parseVersion, type RangeReader, type StageContext, type UploadJob } from '@geosluice/jobs';
import type { SharedRequest } from '@geosluice/object-store';
import { rasterKey } from '../keys.ts';
import type { UploadPorts } from './ports.ts';

/** What the store is asked for, by whichever job of an upload: all name the same object of the same content. */
export function requestOf(
  job: Pick<UploadJob, 'dataset' | 'version' | 'name' | 'fingerprint'>,
  context: StageContext,
  ports: UploadPorts,
): SharedRequest {
  const version = parseVersion(job.version);
  return {
    target: rasterKey(ports.target, job.dataset, version, job.name),
    contentId: version.raster,
    size: job.fingerprint.size,
    metadata: { 'geosluice-dataset': job.dataset },
    memory: ports.memory,
    fence: context.fence,
    signal: context.signal,
    onProgress: context.progress,
  };
}

/** Opens the file, pinned to its content, for as long as it is used. */
export async function withReader<T>(
  { location, fingerprint }: Pick<UploadJob, 'location' | 'fingerprint'>,
  { signal }: StageContext,
  { sources }: UploadPorts,
  use: (reader: RangeReader) => Promise<T>,
): Promise<T> {
  sources.checkAllowed(location);
  const reader = await sources.for(location).open(location, fingerprint, signal);
  try {
    return await use(reader);
  } finally {
    await reader.close?.();
  }
}
