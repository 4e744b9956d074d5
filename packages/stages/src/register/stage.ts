import { documentOf } from '@geosluice/geonode';
import {
  GeosluiceError,
  type Outcome,
  type RegisterJob,
  type RemoveJob,
  type Stage,
  type StageContext,
} from '@geosluice/jobs';
import type { SourcePort } from '../ports.ts';
import { readBeside } from '../read-beside.ts';
import type { RegisterPorts } from './ports.ts';

const MAX_SIDECAR_BYTES = 5 * 1024 * 1024;
/** Characters. */
const MAX_NOTE = 500;

/** register: makes the layer a GeoNode dataset with its metadata; the road ends here. */
export function createRegisterStage(ports: RegisterPorts): Stage<'register'> {
  return (job, context) => (job.kind === 'remove' ? remove(job, context, ports) : add(job, context, ports));
}

async function add(job: RegisterJob, context: StageContext, ports: RegisterPorts): Promise<Outcome> {
  const sidecar = await readSidecar(job, context, ports);
  await context.fence();
  const document = documentOf(job, sidecar, ports.defaults);
  const { status, unmapped, ...geonode } = await ports.registrar.register(document, context.signal);
  context.log.info({ dataset: job.dataset, pk: geonode.pk, status, unmapped }, 'Dataset:Register:Done');
  const notes = [await afterwards(job, context, ports), ...unmapped].filter((note) => note !== undefined);
  const note = notes.length === 0 ? {} : { note: cut(notes.join('; ')) };
  return { kind: 'done', record: { state: 'visible', geonode }, ...note };
}

/** A history has room for so much: the log has all of it. */
function cut(note: string): string {
  return note.length <= MAX_NOTE ? note : `${note.slice(0, MAX_NOTE - 1)}…`;
}

async function readSidecar(job: RegisterJob, context: StageContext, ports: RegisterPorts): Promise<Uint8Array | null> {
  if (job.sidecar === null) return null;
  return await readBeside(ports.store, job.sidecar, MAX_SIDECAR_BYTES, context.signal);
}

/** What the rule wants done with the file in the inbox, only now that the dataset is there. */
async function afterwards(job: RegisterJob, context: StageContext, ports: RegisterPorts): Promise<string | undefined> {
  const after = job.options.after ?? 'keep';
  // an object served in place is the dataset itself
  if (after === 'keep' || !job.object.owned || job.location.kind === 'https') return undefined;
  if (after === 'tag' && job.location.kind === 'file') return 'files-have-no-tags';
  const source = ports.sources.for(job.location);
  try {
    if (after === 'delete') await removeWithSidecars(source, job, context.signal);
    else await source.tag(job.location, job.fingerprint, { 'geosluice-dataset': job.dataset }, context.signal);
    return after === 'delete' ? 'source-deleted' : 'source-tagged';
  } catch (error) {
    // a file that changed or went meanwhile is another version's business
    if (error instanceof GeosluiceError && (error.means === 'supersede' || error.code === 'SOURCE_GONE'))
      return `source-${after}-skipped`;
    throw error;
  }
}

/**
 * The raster first: a raster whose sidecar is gone would look like a changed one. A sidecar that another raster shares stays;
 * one that a crash leaves behind is no dataset and only counted by the next listing.
 */
async function removeWithSidecars(source: SourcePort, job: RegisterJob, signal: AbortSignal): Promise<void> {
  const { sidecars } = await source.look(job.location, signal);
  await source.remove(job.location, job.fingerprint, signal);
  for (const { location, fingerprint } of sidecars) {
    const shared = await source.rastersAt(location, signal);
    if (shared.length === 0) await source.remove(location, fingerprint, signal);
  }
}

async function remove(job: RemoveJob, context: StageContext, ports: RegisterPorts): Promise<Outcome> {
  await context.fence();
  const { dataset, generation, workspace, name } = job;
  await ports.registrar.unregister({ dataset, generation, workspace, name }, context.signal);
  return { kind: 'next', jobs: [{ ...job, stage: 'publish' }] };
}
