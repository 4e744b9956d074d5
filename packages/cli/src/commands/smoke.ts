import { setTimeout as wait } from 'node:timers/promises';
import { type DatasetState, datasetIdOf, formatLocation, type LedgerEntry, type Location } from '@geosluice/jobs';
import { EXIT } from '../exit-codes.ts';
import type { Output } from '../output.ts';
import type { CliPorts, GatewayPort, ScratchPort } from '../ports.ts';
import { SMOKE_BBOX, smokeRaster, smokeSidecar } from '../smoke-raster.ts';

/** Milliseconds between two looks at the dataset. */
const LOOK_MS = 500;
/** Milliseconds the clean-up gets after a failure or an interruption. */
const CLEAN_UP_MS = 30_000;

export interface SmokeRequest {
  /** Part of the names of what is sent through; unlike any other. */
  id: string;
  timeoutSeconds: number;
  /** Leave the dataset and its files where they are. */
  keep: boolean;
  /** Fetch the map as a browser does, from GeoServer's public address. */
  map: boolean;
}

interface Step {
  step: string;
  seconds: number;
}

/**
 * Sends one tiny raster all the way through and takes it away again, also where it fails or is interrupted on the way.
 * 0: it was visible. 1: something was refused. 3: it did not arrive in time, or something did not answer.
 */
export async function smoke(
  request: SmokeRequest,
  ports: CliPorts,
  output: Output,
  signal: AbortSignal,
): Promise<number> {
  const scratch = ports.scratch();
  const gateway = ports.gateway();
  const late = AbortSignal.timeout(request.timeoutSeconds * 1_000);
  const both = AbortSignal.any([signal, late]);
  const steps: Step[] = [];
  const begun = performance.now();
  const done = (step: string): void => {
    const seconds = Math.round((performance.now() - begun) / 100) / 10;
    steps.push({ step, seconds });
    if (!output.json) output.line(`${output.paint('green', '✔')} ${step} (${seconds} s)`);
  };
  const sent: Sent = { files: [], dataset: null };
  let entry: LedgerEntry | null = null;
  let failed = true;
  try {
    entry = await sendThrough(request, { scratch, gateway, ports }, sent, done, both);
    if (!request.keep) {
      await gateway.remove(entry.dataset, 'delete', both);
      await becomes(entry.dataset, 'removed', gateway, both);
      done('removed from GeoNode, GeoServer and the target bucket');
      await removeFiles(sent, scratch, both);
      done('files removed from the inbox');
    }
    failed = false;
  } catch (error) {
    if (signal.aborted || !late.aborted) throw error;
    const after = `${request.timeoutSeconds} s, after: ${steps.at(-1)?.step ?? 'nothing'}`;
    throw Object.assign(new Error(`it did not arrive within ${after}${await whereItIs(sent, gateway)}`), {
      code: 'SMOKE_LATE',
    });
  } finally {
    if (failed && !request.keep) await cleanUp(sent, { scratch, gateway }, output);
  }
  output.result({ ok: true, dataset: entry.dataset, steps, kept: request.keep }, () =>
    request.keep
      ? `one raster went through and was kept: ${entry.geonode?.url ?? entry.dataset}`
      : 'one raster went through, and nothing is left of it',
  );
  return EXIT.ok;
}

/** What was put somewhere, and is to be taken away. */
interface Sent {
  files: Location[];
  /** Its id once the gateway was asked to take it. */
  dataset: string | null;
}

async function sendThrough(
  { id, map }: SmokeRequest,
  { scratch, gateway, ports }: { scratch: ScratchPort; gateway: GatewayPort; ports: CliPorts },
  sent: Sent,
  done: (step: string) => void,
  signal: AbortSignal,
): Promise<LedgerEntry> {
  const title = `geosluice smoke ${id}`;
  const name = `smoke-${id}/geosluice_smoke_${id}`;
  // the sidecar first, so that it lies there when the raster is found
  const files = [
    { name: `${name}.xml`, body: Buffer.from(smokeSidecar(title)), contentType: 'application/xml' },
    { name: `${name}.tif`, body: smokeRaster(), contentType: 'image/tiff' },
  ] as const;
  for (const { name: key, body, contentType } of files) {
    sent.files.push(scratch.locationOf(key));
    await scratch.put(key, body, { contentType, signal });
  }
  const raster = scratch.locationOf(files[1].name);
  done(`put ${formatLocation(raster)} and its sidecar`);
  sent.dataset = datasetIdOf(raster);
  const { id: ingestion } = await gateway.startIngestion(
    { sources: [formatLocation(raster)], options: { priority: 'interactive', metadata: 'required', after: 'keep' } },
    signal,
  );
  done(`started ingestion ${ingestion}`);
  const entry = await becomes(sent.dataset, 'visible', gateway, signal);
  if (entry.title !== title) throw refusal(`its title is "${entry.title}", and the sidecar said "${title}"`);
  done(`visible as ${entry.layer?.workspace}:${entry.layer?.name} and ${entry.geonode?.url ?? 'in GeoNode'}`);
  if (map) {
    await drawMap(entry, ports, signal);
    done('its map was drawn');
  }
  return entry;
}

/** Waits for a state. @throws where the dataset becomes a dead letter instead */
async function becomes(
  dataset: string,
  state: DatasetState,
  gateway: GatewayPort,
  signal: AbortSignal,
): Promise<LedgerEntry> {
  for (;;) {
    const entry = await gateway.dataset(dataset, signal).catch((error) => {
      // not inspected yet
      if ((error as { code?: unknown }).code === 'DATASET_UNKNOWN') return null;
      throw error;
    });
    if (entry?.state === state) return entry;
    if (entry?.state === 'dead') throw refusal(`${entry.reason?.code}: ${entry.reason?.message}`);
    await wait(LOOK_MS, undefined, { signal });
  }
}

async function drawMap({ layer }: LedgerEntry, ports: CliPorts, signal: AbortSignal): Promise<void> {
  if (layer === undefined) throw refusal('it has no layer');
  const query = new URLSearchParams({
    ...{ service: 'WMS', version: '1.1.1', request: 'GetMap', layers: layer.name, styles: '', srs: 'EPSG:4326' },
    ...{ bbox: SMOKE_BBOX.join(), width: '64', height: '64', format: 'image/png' },
  });
  const url = `${layer.wms}?${query}`;
  const { status, type, bytes } = await ports.fetch(url, signal);
  if (status === 200 && type.startsWith('image/png') && bytes.subarray(1, 4).toString('latin1') === 'PNG') return;
  throw refusal(`the map at ${layer.wms} is none: status ${status}, ${type || 'no type'}`);
}

function refusal(message: string): Error {
  return Object.assign(new Error(message), { code: 'SMOKE_REFUSED' });
}

async function whereItIs({ dataset }: Sent, gateway: GatewayPort): Promise<string> {
  if (dataset === null) return '';
  const entry = await gateway.dataset(dataset, AbortSignal.timeout(5_000)).catch(() => null);
  const error = entry?.lastError === undefined ? '' : ` (${entry.lastError})`;
  return entry === null ? '' : `; it is ${entry.state}${error}`;
}

async function removeFiles({ files }: Sent, scratch: ScratchPort, signal: AbortSignal): Promise<void> {
  for (const file of files.splice(0)) await scratch.remove(file, signal);
}

/** Takes away what was sent, as far as it goes, and names what stays. */
async function cleanUp(
  sent: Sent,
  { scratch, gateway }: { scratch: ScratchPort; gateway: GatewayPort },
  output: Output,
): Promise<void> {
  const signal = AbortSignal.timeout(CLEAN_UP_MS);
  const { dataset } = sent;
  const gone = new Set(['DATASET_UNKNOWN']);
  try {
    await removeFiles(sent, scratch, signal);
  } catch (error) {
    output.problem(`its files stay in the inbox: ${(error as Error).message}`);
  }
  try {
    if (dataset === null) return;
    await gateway.remove(dataset, 'delete', signal);
    await becomes(dataset, 'removed', gateway, signal);
  } catch (error) {
    if (gone.has(String((error as { code?: unknown }).code))) return;
    output.problem(`it is not removed yet: geosluice rm ${dataset} (${(error as Error).message})`);
  }
}
