import { defaultStyleOf, type Style } from '@geosluice/geoserver';
import {
  type Outcome,
  type PublishJob,
  parseVersion,
  type RemoveJob,
  type Stage,
  type StageContext,
} from '@geosluice/jobs';
import { readBeside } from '../read-beside.ts';
import type { PublishPorts } from './ports.ts';
import { ownUrl, removeEverywhere, repairedOn } from './remove-everywhere.ts';

const MAX_STYLE_BYTES = 1024 * 1024;

/** publish: makes the object a layer that every node of the cluster draws. */
export function createPublishStage(ports: PublishPorts): Stage<'publish'> {
  return (job, context) => (job.kind === 'remove' ? remove(job, context, ports) : add(job, context, ports));
}

async function add(job: PublishJob, context: StageContext, ports: PublishPorts): Promise<Outcome> {
  // GeoServer reads S3 under its one write lock: it is never asked for an object that does not answer
  await ports.store.proveReadable(job.object, context.signal);
  const style = await styleOf(job, context, ports);
  const before = await ports.ledger.get(job.dataset);
  // a run that timed out or was killed recorded nothing, and GeoServer may have done what it asked for
  const untried = context.first && job.generation === 1;
  const fresh = untried && before?.layer === undefined && before?.publishedVersion === undefined;
  await context.fence();
  const { object, facts, metadata } = job;
  const request: Parameters<PublishPorts['geoserver']['publish']>[0] = {
    workspace: job.workspace,
    name: job.name,
    dataset: job.dataset,
    storeType: job.options.store ?? ports.storeType,
    object,
    facts,
    title: metadata.title ?? job.name,
    abstract: metadata.abstract ?? '',
    isOurs: ownUrl(job.dataset),
    keywords: [...new Set([...metadata.keywords, ...(job.options.keywords ?? [])])],
    style,
    fresh,
    log: context.log,
    signal: context.signal,
  };
  const layer = await ports.geoserver.publish(request);
  const { repaired } = await ports.geoserver.drawn({
    ...{ layer, object, facts, style, fresh },
    repair: async (node) => {
      await context.fence();
      // it may know a part of it
      await ports.geoserver.publish({ ...request, node, fresh: false });
    },
    ...{ log: context.log, signal: context.signal },
  });
  await retireReplaced(job, before?.publishedVersion, context, ports);
  return {
    kind: 'next',
    ...(repaired.length === 0 ? {} : { note: repairedOn(repaired) }),
    record: { layer, object, publishedVersion: job.version },
    jobs: [{ ...job, stage: 'register', layer }],
  };
}

/** Every node shows the new content: what the layer showed before is of no use, once maps that are being drawn are done. */
async function retireReplaced(
  job: PublishJob,
  before: string | undefined,
  context: StageContext,
  { ledger, graceMs }: PublishPorts,
): Promise<void> {
  if (before === undefined) return;
  const { raster } = parseVersion(before);
  if (raster === parseVersion(job.version).raster) return;
  await ledger.retire({ dataset: job.dataset, raster, from: new Date(context.now().getTime() + graceMs) });
}

/** What came beside the raster, else what was asked for or ruled, else what suits its samples. */
async function styleOf(job: PublishJob, context: StageContext, ports: PublishPorts): Promise<Style | null> {
  if (job.style !== null) {
    const bytes = await readBeside(ports.store, job.style, MAX_STYLE_BYTES, context.signal);
    return { kind: 'own', name: job.name, sld: new TextDecoder().decode(bytes) };
  }
  if (job.options.style === undefined) return defaultStyleOf(job.facts);
  const [first = '', second] = job.options.style.split(':');
  return {
    kind: 'named',
    ...(second === undefined ? { name: first, workspace: null } : { name: second, workspace: first }),
  };
}

/** With what it left elsewhere and nobody has taken away yet. */
async function remove(job: RemoveJob, context: StageContext, { geoserver, ledger }: PublishPorts): Promise<Outcome> {
  const { workspace, name, dataset } = job;
  const owned = (await ledger.get(dataset))?.places ?? [];
  const others = owned.filter((place) => place.workspace !== workspace || place.name !== name);
  const notes: string[] = [];
  for (const place of [{ workspace, name }, ...others]) {
    notes.push(await removeEverywhere({ dataset, ...place }, context, geoserver));
  }
  return { kind: 'next', note: notes.join(', '), jobs: [{ ...job, stage: 'upload' }] };
}
