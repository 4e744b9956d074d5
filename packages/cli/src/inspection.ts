import {
  baseNameOf,
  describeLocation,
  GeosluiceError,
  type IngestOptions,
  type Location,
  type RangeReader,
  Reject,
} from '@geosluice/jobs';
import { type Candidate, type DiscoverPorts, deriveLayerName, sidecarOf, stemOf } from '@geosluice/stages';
import type { Inspection } from './ports.ts';
import { copyBody } from './temporary-copy.ts';

const MAX_SIDECAR_BYTES = 5 * 1024 * 1024;

/** What an inspection reads with. */
export interface InspectPorts extends Pick<DiscoverPorts, 'sources' | 'readRaster' | 'readSidecar'> {
  /** Bytes of a body without length or ranges at most. */
  maxCopyBytes: number;
}

/** Finds out what discovery would find out about one file, and enqueues nothing. */
export async function inspectFile(
  location: Location,
  options: IngestOptions,
  ports: InspectPorts,
  signal: AbortSignal,
): Promise<Inspection> {
  const inspection: Inspection = {
    source: describeLocation(location),
    verdict: 'accepted',
    reason: null,
    layer: options.name ?? deriveLayerName(location),
    facts: null,
    metadata: null,
    metadataState: 'none',
    sidecars: [],
    reads: { requests: 0, bytes: 0 },
  };
  try {
    ports.sources.checkAllowed(location);
    const source = ports.sources.for(location);
    const candidate = await source.look(location, signal);
    inspection.sidecars = candidate.sidecars.map(({ role, name }) => ({ role, name }));
    const { size } = candidate.raster.fingerprint;
    if (candidate.sized && size === 0) throw new Reject('EMPTY_FILE', `${inspection.source} has no bytes`);
    const reader = (await source.ranged(location, signal))
      ? counting(await source.open(location, candidate.raster.fingerprint, signal), inspection.reads)
      : await fetched(inspection, (await source.stream(location, signal)).body, ports.maxCopyBytes);
    try {
      inspection.facts = await ports.readRaster(reader, {
        ...(options.srs === undefined ? {} : { srs: options.srs }),
        beside: {
          worldfile: sidecarOf(candidate, 'worldfile') !== undefined,
          projection: sidecarOf(candidate, 'projection') !== undefined,
          pam: sidecarOf(candidate, 'pam') !== undefined,
          overviews: sidecarOf(candidate, 'overviews') !== undefined,
        },
        signal,
      });
    } finally {
      await reader.close?.();
    }
    await describe(inspection, candidate, location, options, ports, signal);
  } catch (error) {
    if (!(error instanceof GeosluiceError) || error.means !== 'reject') throw error;
    inspection.verdict = 'rejected';
    inspection.reason = { code: error.code, message: error.message };
  }
  return inspection;
}

async function describe(
  inspection: Inspection,
  candidate: Candidate,
  location: Location,
  options: IngestOptions,
  ports: Pick<DiscoverPorts, 'sources' | 'readSidecar'>,
  signal: AbortSignal,
): Promise<void> {
  const file = sidecarOf(candidate, 'metadata');
  const { facts } = inspection;
  if (file === undefined && options.metadata === 'required') {
    const message = `no sidecar for ${inspection.source}; expected <name>.xml beside it`;
    throw new Reject('METADATA_MISSING', message, { subject: inspection.source });
  }
  if (file === undefined || facts === null) return;
  try {
    const limit = { maxBytes: MAX_SIDECAR_BYTES, signal };
    const bytes = await ports.sources.for(file.location).read(file.location, file.fingerprint, limit);
    inspection.metadata = ports.readSidecar(bytes, {
      name: baseNameOf(file.location),
      raster: { wgs84Bbox: facts.wgs84Bbox, srs: facts.srs },
      stem: stemOf(location),
      ...(options.language === undefined ? {} : { language: options.language }),
    });
    inspection.metadataState = 'ok';
  } catch (error) {
    if (!(error instanceof GeosluiceError) || error.means !== 'reject') throw error;
    inspection.metadataState = 'degraded';
    if (options.metadata === 'required') throw new Reject('METADATA_INVALID', error.message, { cause: error });
  }
}

/** Discovery would spool it to the target bucket; here it lies on this machine for a moment. */
async function fetched(
  inspection: Inspection,
  body: AsyncIterable<Uint8Array>,
  maxBytes: number,
): Promise<RangeReader> {
  const reader = await copyBody(body, { maxBytes, subject: inspection.source });
  inspection.reads = { requests: 1, bytes: reader.size };
  return reader;
}

/** The same reader, with its reads counted. */
function counting(reader: RangeReader, reads: { requests: number; bytes: number }): RangeReader {
  return {
    size: reader.size,
    async readInto(offset, target, signal) {
      reads.requests += 1;
      reads.bytes += target.byteLength;
      await reader.readInto(offset, target, signal);
    },
    close: async () => await reader.close?.(),
  };
}
