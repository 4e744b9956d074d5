import { createHash } from 'node:crypto';
import {
  describeLocation,
  emptyMetadata,
  type InspectJob,
  type LedgerEntry,
  type Outcome,
  type PublishJob,
  parseVersion,
  type RasterFacts,
  Reject,
  type StageContext,
} from '@geosluice/jobs';
import { contentPrefix } from '../keys.ts';
import { readBeside } from '../read-beside.ts';
import { type Description, MAX_SIDECAR_BYTES, type Reading, recordOf, understand, withoutSidecar } from './describe.ts';
import { deriveTitle, stemOf } from './name.ts';
import type { DiscoverPorts } from './ports.ts';
import type { withDefaults } from './ruled-options.ts';

/** A dataset that was published, and the version whose content its layer shows. */
export type Whole = LedgerEntry & Required<Pick<LedgerEntry, 'object' | 'layer' | 'publishedVersion'>>;

/**
 * What is left of a dataset where its file is gone: null where it was never published, is on its way out, or is about to show
 * other content, which went with the file.
 */
export function keptOf(entry: LedgerEntry | null): Whole | null {
  if (entry === null || entry.state === 'removing' || entry.state === 'removed') return null;
  const { object, layer, publishedVersion } = entry;
  if (object === undefined || layer === undefined || publishedVersion === undefined) return null;
  const shown = parseVersion(entry.version).raster === parseVersion(publishedVersion).raster;
  if (!shown && entry.state !== 'visible') return null;
  // its own, whose description may be newer than the layer
  return { ...entry, object, layer, publishedVersion, version: shown ? entry.version : publishedVersion };
}

/**
 * Sends a dataset whose file is gone on from its object, what the ledger knows of it and what was kept beside the object. It goes
 * to publish: there is nothing to bring.
 * @throws Reject SOURCE_GONE where the object is gone as well
 */
export async function goOnFromKept(
  job: InspectJob,
  context: StageContext,
  ports: DiscoverPorts,
  { whole, generation, options }: { whole: Whole; generation: number; options: ReturnType<typeof withDefaults> },
): Promise<Outcome> {
  const { object, layer, version } = whole;
  if ((await ports.store.head(object, context.signal)) === null) {
    const uri = describeLocation(job.location);
    const message = `${uri} is gone, and so is its object s3://${object.bucket}/${object.key}; bring the file in again, or remove the dataset`;
    throw new Reject('SOURCE_GONE', message, { subject: uri });
  }
  const facts = whole.facts ?? (await readFacts(whole, context, ports));
  const description = await describeKept({ job, context, ports, facts, options }, whole);
  const { workspace, name } = layer;
  const next: PublishJob = {
    ...{
      schema: 1,
      stage: 'publish',
      kind: 'add',
      ingestion: job.ingestion,
      dataset: job.dataset,
      generation,
      version,
    },
    ...{ location: job.location, options: { ...options, workspace }, workspace, name, facts, object, spool: null },
    // the object's: a file that comes back is another, whatever its rule wants done with this one
    fingerprint: { size: object.size, etag: object.etag, modified: new Date(0).toISOString() },
    ...description,
  };
  return { kind: 'next', record: recordOf(next), note: 'source-gone-goes-on-from-its-object', jobs: [next] };
}

/** A ledger that took the dataset in from GeoNode has none. */
async function readFacts({ object }: Whole, context: StageContext, ports: DiscoverPorts): Promise<RasterFacts> {
  const beside = { worldfile: false, projection: false, pam: false, overviews: false };
  return await ports.readRaster(ports.store.reader(object), { beside, signal: context.signal });
}

async function describeKept(reading: Reading, whole: Whole): Promise<Description> {
  const { context, options, job } = reading;
  const none = whole.metadataState === 'none' || parseVersion(whole.version).metadata === '0';
  const [sidecar, style] = await Promise.all([
    none ? null : newest(reading, whole, '.xml'),
    // one that came beside the raster is called like the layer
    whole.layer.style === whole.name ? newest(reading, whole, '.sld') : null,
  ]);
  const { metadata: read, metadataState } = none
    ? { metadata: emptyMetadata(), metadataState: 'none' as const }
    : readKept(reading, sidecar);
  const title = options.title ?? read.title ?? deriveTitle(job.location);
  context.log.info({ dataset: job.dataset, sidecar: sidecar?.kept.key, style: style?.kept.key }, 'Kept:Read:Done');
  return {
    ...{ metadata: { ...read, title }, metadataState, expectedSha256: null },
    sidecar: sidecar === null ? null : { ...sidecar.kept, size: sidecar.bytes.byteLength },
    style: style?.kept ?? null,
  };
}

type Kept = { kept: { bucket: string; key: string; sha256: string; name: string }; bytes: Uint8Array };

function readKept(reading: Reading, sidecar: Kept | null): Pick<Description, 'metadata' | 'metadataState'> {
  const name = sidecar?.kept.name ?? `${stemOf(reading.job.location)}.xml`;
  try {
    if (sidecar === null) throw new Reject('METADATA_MISSING', 'neither the file nor what was kept of it is there');
    return understand(reading, name, sidecar.bytes);
  } catch (error) {
    return withoutSidecar(reading, name, error);
  }
}

/** The last that was kept beside a content: each is written anew when it counts. */
async function newest({ ports, context, job }: Reading, whole: Whole, ending: '.xml' | '.sld'): Promise<Kept | null> {
  const { bucket } = ports.target;
  const prefix = contentPrefix(ports.target, job.dataset, parseVersion(whole.version).raster);
  let last: { key: string; modified: string } | null = null;
  for await (const keys of ports.store.keys(bucket, prefix, context.signal)) {
    for (const key of keys.filter((one) => one.endsWith(ending))) {
      const modified = (await ports.store.head({ bucket, key }, context.signal))?.modified ?? '';
      if (last === null || modified >= last.modified) last = { key, modified };
    }
  }
  if (last === null) return null;
  const { key } = last;
  const bytes = await readBeside(ports.store, { bucket, key }, MAX_SIDECAR_BYTES, context.signal);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return { kept: { bucket, key, sha256, name: `${stemOf(job.location)}${ending}` }, bytes };
}
