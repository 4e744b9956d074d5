import { createHash } from 'node:crypto';
import {
  baseNameOf,
  type DatasetJob,
  type DatasetMetadata,
  describeLocation,
  emptyMetadata,
  GeosluiceError,
  type IngestOptions,
  type InspectJob,
  type RasterFacts,
  Reject,
  type StageContext,
  type Version,
} from '@geosluice/jobs';
import { readXml } from '@geosluice/xml';
import { besideKey } from '../keys.ts';
import type { Candidate, SourcePort } from '../ports.ts';
import { parseChecksum } from './checksum.ts';
import { deriveTitle, stemOf } from './name.ts';
import type { DiscoverPorts } from './ports.ts';
import { sidecarOf } from './seen.ts';

/** ISO and ESRI records may carry thumbnails; metadata itself draws the line for the others. */
export const MAX_SIDECAR_BYTES = 5 * 1024 * 1024;
const MAX_STYLE_BYTES = 1024 * 1024;
/** A colour map of ten thousand entries is a long one, and has four attributes each. */
const MAX_STYLE_NODES = 100_000;
const MAX_CHECKSUM_BYTES = 64 * 1024;

export type Description = Pick<DatasetJob, 'metadata' | 'metadataState' | 'sidecar' | 'style' | 'expectedSha256'>;

/** What a description is read for. */
export interface Reading {
  job: InspectJob;
  context: StageContext;
  ports: DiscoverPorts;
  facts: RasterFacts;
  options: IngestOptions;
}

interface Subject extends Reading {
  source: SourcePort;
  candidate: Candidate;
  seen: Version;
  name: string;
}

/** Reads what lies beside a raster and keeps the raw sidecar and style beside its object. */
export async function describe(subject: Subject): Promise<Description> {
  const { metadata: read, metadataState, sidecar } = await readMetadata(subject);
  // every later room shows the same title
  const title = subject.options.title ?? read.title ?? deriveTitle(subject.job.location);
  const { style, warnings } = await keepStyle(subject);
  const metadata = { ...read, title, warnings: [...read.warnings, ...warnings] };
  return { metadata, metadataState, sidecar, style, expectedSha256: await readChecksum(subject) };
}

async function readMetadata(subject: Subject): Promise<Pick<Description, 'metadata' | 'metadataState' | 'sidecar'>> {
  const { context, source, candidate } = subject;
  const file = sidecarOf(candidate, 'metadata');
  if (file === undefined) return { metadata: emptyMetadata(), metadataState: 'none', sidecar: null };
  let sidecar: Description['sidecar'] = null;
  try {
    const limit = { maxBytes: MAX_SIDECAR_BYTES, signal: context.signal };
    const bytes = await source.read(file.location, file.fingerprint, limit);
    sidecar = await keep(subject, file.name, bytes, '.xml', 'application/xml');
    return { ...understand(subject, file.name, bytes), sidecar };
  } catch (error) {
    return { ...withoutSidecar(subject, file.name, error), sidecar };
  }
}

/** What a sidecar says. @throws what `readSidecar` throws */
export function understand(
  { ports, job, facts, options }: Reading,
  name: string,
  bytes: Uint8Array,
): Pick<Description, 'metadata' | 'metadataState'> {
  const metadata = ports.readSidecar(bytes, {
    name,
    raster: { wgs84Bbox: facts.wgs84Bbox, srs: facts.srs },
    stem: stemOf(job.location),
    ...(options.language === undefined ? {} : { language: options.language }),
  });
  return { metadata, metadataState: 'ok' };
}

/** What is said where a sidecar cannot be read. @throws Reject where one is required, and what says nothing of the sidecar */
export function withoutSidecar(
  { context, options, job }: Reading,
  name: string,
  error: unknown,
): Pick<Description, 'metadata' | 'metadataState'> {
  if (!(error instanceof GeosluiceError) || error.means !== 'reject') throw error;
  if (options.metadata === 'required') {
    const message = `${name} beside ${describeLocation(job.location)}: ${error.message}`;
    throw new Reject('METADATA_INVALID', message, { subject: name, cause: error });
  }
  context.log.warn({ sidecar: name, code: error.code }, 'Sidecar:Read:Degraded');
  return { metadata: degraded(name, error), metadataState: 'degraded' };
}

/** What the ledger is told of a dataset that is described. */
export function recordOf({
  workspace,
  name,
  facts,
  metadata,
  metadataState,
}: Pick<DatasetJob, 'workspace' | 'name' | 'facts' | 'metadata' | 'metadataState'>) {
  const warnings = [...facts.warnings, ...metadata.warnings];
  return { workspace, name, title: metadata.title ?? name, metadataState, facts, warnings };
}

/** A bad sidecar never stops its raster: the dataset says so instead. */
function degraded(name: string, error: GeosluiceError): DatasetMetadata {
  return { ...emptyMetadata(), warnings: [`sidecar ${name} refused: ${error.code}: ${error.message}`.slice(0, 300)] };
}

/** A bad style stops its raster as little as a bad description does; what GeoServer gets has no DOCTYPE and is an SLD. */
async function keepStyle(subject: Subject): Promise<{ style: Description['style']; warnings: string[] }> {
  const file = sidecarOf(subject.candidate, 'style');
  if (file === undefined) return { style: null, warnings: [] };
  const { context, source } = subject;
  try {
    const limit = { maxBytes: MAX_STYLE_BYTES, signal: context.signal };
    const bytes = await source.read(file.location, file.fingerprint, limit);
    const { local } = readXml(bytes, { maxBytes: MAX_STYLE_BYTES, maxNodes: MAX_STYLE_NODES });
    if (local !== 'StyledLayerDescriptor') throw new Reject('INVALID_OPTIONS', `its root is ${local}, no SLD`);
    const { bucket, key, sha256, name } = await keep(subject, file.name, bytes, '.sld', 'application/vnd.ogc.sld+xml');
    return { style: { bucket, key, sha256, name }, warnings: [] };
  } catch (error) {
    if (!(error instanceof GeosluiceError) || error.means !== 'reject') throw error;
    context.log.warn({ style: file.name, code: error.code }, 'Style:Read:Refused');
    return { style: null, warnings: [`style ${file.name} refused: ${error.message}`.slice(0, 300)] };
  }
}

async function keep(subject: Subject, name: string, bytes: Uint8Array, ending: string, contentType: string) {
  const { ports, job, seen, context } = subject;
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const { bucket, key } = besideKey(ports.target, job.dataset, seen, subject.name, sha256, ending);
  await ports.store.put({ bucket, key }, bytes, { contentType, signal: context.signal });
  return { bucket, key, sha256, name, size: bytes.byteLength };
}

async function readChecksum({ candidate, source, context, job }: Subject): Promise<string | null> {
  const file = sidecarOf(candidate, 'checksum');
  if (file === undefined) return null;
  // no list of checksums is that long
  if (file.fingerprint.size > MAX_CHECKSUM_BYTES) {
    context.log.warn({ file: file.name, size: file.fingerprint.size }, 'Checksum:Read:Skipped');
    return null;
  }
  const bytes = await source.read(file.location, file.fingerprint, {
    maxBytes: MAX_CHECKSUM_BYTES,
    signal: context.signal,
  });
  return parseChecksum(new TextDecoder().decode(bytes), baseNameOf(job.location));
}
