import { type DatasetState, STAGES, STATES, type StageName } from '@geosluice/jobs';
import type { Usage } from '../processes.ts';
import { spreadOf } from '../statistics.ts';
import type { ServerName } from './servers.ts';

/** The line at one moment. */
export interface Sample {
  /** Seconds since the watch was set; of a line that was ended meanwhile, without what lay between. */
  at: number;
  /** Datasets by state. */
  counts: Record<DatasetState, number>;
  /** CPU seconds since the watch was set, and bytes in memory. */
  workers: Record<StageName, Usage>;
  /** CPU seconds since then. */
  servers: Record<ServerName, number>;
  /** `used_memory` of Redis, bytes. */
  redisMemory: number;
}

/** A stage is done with what is in a state behind its own. */
export function doneBy(stage: StageName, counts: Sample['counts']): number {
  const first = { discover: 'uploading', upload: 'publishing', publish: 'registering', register: 'visible' } as const;
  return STATES.slice(STATES.indexOf(first[stage]), STATES.indexOf('visible') + 1).reduce(
    (sum, state) => sum + counts[state],
    0,
  );
}

/** What a stage took for a part of all datasets: those it was done with between two shares of them. */
export interface Span {
  /** Seconds. */
  wall: number;
  /** CPU seconds of its worker. */
  cpu: number;
}

/** @param from share of the datasets, 0 to 1. @throws RangeError where the samples do not reach so far */
export function spanOf(samples: readonly Sample[], stage: StageName, total: number, from: number, to: number): Span {
  const [begin, end] = [crossing(samples, stage, total * from), crossing(samples, stage, total * to)];
  return { wall: end.wall - begin.wall, cpu: end.cpu - begin.cpu };
}

/** When a stage was done with so many; between two samples in proportion. */
function crossing(samples: readonly Sample[], stage: StageName, count: number): Span {
  let before: Sample | undefined;
  for (const sample of samples) {
    const done = doneBy(stage, sample.counts);
    if (done < count) {
      before = sample;
      continue;
    }
    const here = { wall: sample.at, cpu: sample.workers[stage].cpu };
    if (before === undefined) return here;
    const was = doneBy(stage, before.counts);
    const share = (count - was) / (done - was);
    return {
      wall: before.at + share * (here.wall - before.at),
      cpu: before.workers[stage].cpu + share * (here.cpu - before.workers[stage].cpu),
    };
  }
  throw new RangeError(`no sample in which ${stage} is done with ${count}`);
}

/** Median of a worker's memory while its stage did a part of the datasets, bytes. */
export function memoryIn(
  samples: readonly Sample[],
  stage: StageName,
  total: number,
  from: number,
  to: number,
): number {
  const shares = samples.map(({ counts }) => doneBy(stage, counts) / total);
  // what it takes once it has nothing to do any more is not looked at
  const end = shares.findIndex((share) => share >= to);
  const begin = shares.findIndex((share) => share >= from);
  if (begin < 0 || end < 0) throw new RangeError(`no sample in which ${stage} is done with its share of ${to}`);
  return spreadOf(samples.slice(begin, end + 1).map(({ workers }) => workers[stage].rss)).median;
}

/** CPU seconds of all workers together. */
export function cpuOf({ workers }: Pick<Sample, 'workers'>): number {
  return STAGES.reduce((sum, stage) => sum + workers[stage].cpu, 0);
}
