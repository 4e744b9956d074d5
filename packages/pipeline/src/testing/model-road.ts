import type { Log, Stage, StageContext, StageJobs } from '@geosluice/jobs';
import { formatLocation, optionsPart } from '@geosluice/jobs';
import type { Pipeline } from '../api.ts';
import { datasetJob, LAYER, OBJECT, REGISTERED } from './samples.ts';

/** A world in which a file is its version, and the four stages that bring it into GeoNode: enough to see what wins. */
export interface ModelRoad {
  /** Version parts by uri: `<raster>-<metadata>`. */
  world: Map<string, string>;
  stages: { [S in keyof StageJobs]: Stage<S> };
  /** Called before an upload does its work. */
  beforeUpload: (job: StageJobs['upload'], context: StageContext) => Promise<void>;
  beforeInspect: (job: StageJobs['discover']) => Promise<void>;
  /** What ran, as `<stage> <version>`. */
  ran: string[];
}

export function versionNow(road: Pick<ModelRoad, 'world'>, job: StageJobs['discover']): string {
  const base = road.world.get(job.kind === 'inspect' ? formatLocation(job.location) : '') ?? 'zzzzzzzzzz-0';
  const options = optionsPart(job.options);
  return options === '' ? base : `${base}-${options}`;
}

export function createModelRoad({ ledger }: Pipeline, _log?: Log): ModelRoad {
  const road: ModelRoad = {
    world: new Map(),
    ran: [],
    beforeUpload: async () => {},
    beforeInspect: async () => {},
    stages: {
      async discover(job, context) {
        if (job.kind === 'list') return { kind: 'done' };
        const entry = await ledger.get(job.dataset);
        const version = versionNow(road, job);
        const mine = entry?.takenBy === context.jobId && entry.version === version;
        if (!mine && !job.force && entry?.version === version) return { kind: 'done', note: 'unchanged' };
        const { dataset, location, ingestion, options } = job;
        const claim = { dataset, location, ingestion, options, version, takenBy: context.jobId };
        const taken = mine
          ? entry.generation
          : await ledger.takeGeneration({ ...claim, expected: entry?.generation ?? 0 });
        if (taken === null) return { kind: 'again', afterMs: 5 };
        context.adopt(taken);
        road.ran.push(`discover ${version}`);
        await road.beforeInspect(job);
        const base = datasetJob(location, { generation: taken, version, options, ingestion });
        return {
          kind: 'next',
          jobs: [{ ...base, stage: 'upload', kind: 'add' }],
          record: { workspace: 'w', name: 'a' },
        };
      },
      async upload(job, context) {
        if (job.kind === 'remove') {
          road.ran.push('upload remove');
          return { kind: 'done' };
        }
        if (job.kind === 'part') return { kind: 'done' };
        road.ran.push(`upload ${job.version}`);
        await road.beforeUpload(job, context);
        return { kind: 'next', jobs: [{ ...job, stage: 'publish', object: OBJECT }], record: { object: OBJECT } };
      },
      async publish(job) {
        if (job.kind === 'remove') {
          road.ran.push('publish remove');
          return { kind: 'next', jobs: [{ ...job, stage: 'upload' }] };
        }
        const record = { layer: LAYER, publishedVersion: job.version };
        return { kind: 'next', jobs: [{ ...job, stage: 'register', layer: LAYER }], record };
      },
      async register(job) {
        if (job.kind === 'remove') {
          road.ran.push('register remove');
          return { kind: 'next', jobs: [{ ...job, stage: 'publish' }] };
        }
        road.ran.push(`register ${job.version}`);
        return { kind: 'done', record: { geonode: REGISTERED, title: job.version } };
      },
    },
  };
  return road;
}
