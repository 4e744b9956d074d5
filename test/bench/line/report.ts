import { STAGES } from '@geosluice/jobs';
import type { Goal } from '../goal.ts';
import type { Faults } from './once.ts';
import type { SecondPass } from './rooms/line.ts';
import type { RoomResult } from './rooms/room.ts';
import { cpuOf, memoryIn, type Sample, spanOf } from './samples.ts';
import { SERVERS } from './servers.ts';

export interface LineFound {
  count: number;
  /** At least one before the first dataset and one after the last. */
  samples: readonly Sample[];
  second: SecondPass;
  /** `open`: neither visible nor free of a dead letter. */
  faults: Faults & { open: number };
  /** By which `used_memory` of Redis grew. */
  redisBytes: number;
  /** Of it what keys hold. */
  bytesByKind: ReadonlyArray<readonly [kind: string, bytes: number]>;
}

const TENTHS = 10;
/** From the first to the last tenth of the datasets. */
const CPU_GROWS = 1.1;
/** From the second to the last fifth. */
const MEMORY_GROWS = 1.1;
const REDIS_KB = 3;
/** For so many datasets. */
const MINUTES = 40;
const MINUTES_OF = 20_000;
const SECOND_PASS = 0.05;
const MB = 1e6;

/** Tables and goals of the room `line`. */
export function reportLine(found: LineFound): RoomResult {
  const { count, samples } = found;
  const last = samples.at(-1);
  if (last === undefined) throw new RangeError('no samples');
  const each = (seconds: number): string => ((seconds / count) * 1_000).toFixed(2);
  const tenths = Array.from({ length: TENTHS }, (_, at) =>
    spanOf(samples, 'register', count, at / TENTHS, (at + 1) / TENTHS),
  );
  const stages = STAGES.map((stage) => {
    const cpus = Array.from(
      { length: TENTHS },
      (_, at) => spanOf(samples, stage, count, at / TENTHS, (at + 1) / TENTHS).cpu,
    );
    const [second, fifth] = [memoryIn(samples, stage, count, 0.2, 0.4), memoryIn(samples, stage, count, 0.8, 1)];
    return { stage, cpus, second, fifth, cpu: last.workers[stage].cpu };
  });
  return {
    tables: [
      {
        title: `${count} rasters by the watched prefix: ${last.at.toFixed(0)} s, ${(count / (last.at / 60)).toFixed(0)} datasets a minute`,
        head: ['tenth of the datasets', ...tenths.map((_, at) => `${at + 1}`)],
        rows: [
          ['datasets a minute', ...tenths.map(({ wall }) => (count / TENTHS / (wall / 60)).toFixed(0))],
          ...stages.map(({ stage, cpus }) => [
            `CPU ms a dataset of ${stage}`,
            ...cpus.map((cpu) => each(cpu * TENTHS)),
          ]),
        ],
      },
      {
        title: 'Workers',
        head: ['worker', 'CPU ms a dataset', 'RSS MB in the second fifth', 'in the last'],
        rows: stages.map(({ stage, second, fifth, cpu }) => [
          ...[stage, each(cpu), (second / MB).toFixed(0), (fifth / MB).toFixed(0)],
        ]),
      },
      {
        title: 'Servers beside them',
        head: ['server', 'CPU ms a dataset'],
        rows: SERVERS.map((name) => [name, each(last.servers[name])]),
      },
      {
        title: 'Redis',
        head: ['what', 'bytes a dataset'],
        rows: [...found.bytesByKind, ['all it grew by', found.redisBytes] as const].map(([what, bytes]) => [
          ...[what, (bytes / count).toFixed(0)],
        ]),
      },
      {
        title: 'Two passes over the same lot',
        head: ['pass', 'wall s', 'CPU s of all workers'],
        rows: [
          ['first', last.at.toFixed(1), cpuOf(last).toFixed(1)],
          ['second, nothing changed', found.second.wall.toFixed(2), found.second.cpu.toFixed(2)],
        ],
      },
    ],
    goals: goalsOf(found, last, stages),
    remarks: [],
  };
}

interface StageFound {
  stage: string;
  /** CPU seconds of each tenth. */
  cpus: readonly number[];
  second: number;
  fifth: number;
}

function goalsOf(
  { count, faults, second, redisBytes }: LineFound,
  last: Sample,
  stages: readonly StageFound[],
): Goal[] {
  const where = `line, ${count} rasters`;
  return [
    { where, what: 'datasets that are not visible, or dead letters', figure: faults.open, bound: 0 },
    { where, what: 'datasets lost in any place', figure: faults.lost, bound: 0 },
    { where, what: 'datasets doubled in any place', figure: faults.doubled, bound: 0 },
    {
      ...{ where, what: `minutes for ${MINUTES_OF} datasets at its rate` },
      ...{ figure: (last.at / 60) * (MINUTES_OF / count), bound: MINUTES },
    },
    { where, what: 'KB of Redis a dataset', figure: redisBytes / count / 1_000, bound: REDIS_KB },
    ...stages.map(({ stage, second: before, fifth }) => ({
      ...{ where, what: `RSS of ${stage}, last fifth / second fifth`, figure: fifth / before, bound: MEMORY_GROWS },
    })),
    ...stages.map(({ stage, cpus: [first = Number.NaN, ...others] }) => ({
      ...{ where, what: `CPU a dataset of ${stage}, last tenth / first tenth` },
      ...{ figure: (others.at(-1) ?? Number.NaN) / first, bound: CPU_GROWS },
    })),
    { where, what: 'folders listed by the second pass / all', figure: second.listed, bound: 1, atLeast: true },
    { where, what: 'CPU of the second pass / the first', figure: second.cpu / cpuOf(last), bound: SECOND_PASS },
    { where, what: 'wall of the second pass / the first', figure: second.wall / last.at, bound: SECOND_PASS },
  ];
}
