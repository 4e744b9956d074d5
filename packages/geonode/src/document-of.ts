import { describeLocation, type RegisterJob } from '@geosluice/jobs';
import { DOCUMENT_SCHEMA, type RegistrationDocument } from './document.ts';

/** What a deployment says where neither the ingestion's options nor the sidecar do. */
export interface RegistrationDefaults {
  owner?: string | undefined;
  group?: string | undefined;
  /** `public` where absent. */
  permissions?: 'public' | 'owner' | 'group' | undefined;
  category?: string | undefined;
  /** Name or url of a licence. */
  license?: string | undefined;
}

/** Everything GeoNode is told of a job's dataset. The sidecar's bytes go along as they are. */
export function documentOf(
  job: RegisterJob,
  sidecar: Uint8Array | null,
  defaults: RegistrationDefaults = {},
): RegistrationDocument {
  const { options, facts } = job;
  return {
    schema: DOCUMENT_SCHEMA,
    dataset: job.dataset,
    generation: job.generation,
    version: job.version,
    layer: job.layer,
    title: options.title ?? job.metadata.title ?? job.name,
    metadata: job.metadata,
    metadataState: job.metadataState,
    facts: {
      size: facts.size,
      width: facts.width,
      height: facts.height,
      bands: facts.bands,
      bitsPerSample: facts.bitsPerSample,
      sampleFormat: facts.sampleFormat,
      compression: facts.compression.name,
    },
    permissions: options.permissions ?? defaults.permissions ?? 'public',
    ...present({
      owner: options.owner ?? defaults.owner,
      group: options.group ?? defaults.group,
      category: options.category ?? defaults.category,
      license: options.license ?? defaults.license,
      keywords: options.keywords,
      regions: options.regions,
    }),
    sidecar:
      sidecar === null || job.sidecar === null
        ? null
        : {
            name: job.sidecar.name.slice(-255),
            contentType: 'application/xml',
            base64: Buffer.from(sidecar.buffer, sidecar.byteOffset, sidecar.byteLength).toString('base64'),
          },
    sourceUri: describeLocation(job.location),
    object: job.object,
    options,
  };
}

function present<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
