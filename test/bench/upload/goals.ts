import type { Goal } from '../goal.ts';
import { type ClientName, RIVALS } from './clients/client.ts';
import type { Summary } from './results.ts';
import type { ServerName } from './servers/server.ts';

const MB = 1_000_000;

/** Servers that goals are about. */
const COUNTED: readonly ServerName[] = ['sink', 'versitygw'];

interface Wanted {
  loads: readonly string[];
  /** Ratios of our CPU to a client's. */
  cpu: ReadonlyArray<readonly [ClientName, number]>;
  /** CPU seconds a GiB. */
  cpuPerGiB?: number;
  wall: readonly [ClientName | 'the fastest rival', number];
  /** MB. */
  rss: number;
}

const WANTED: readonly Wanted[] = [
  {
    loads: ['1x4GiB', '64x64MiB'],
    cpu: [
      ['s5cmd', 0.35],
      ['lib-storage', 0.25],
      ['crt', 0.9],
      ['minio-go', 0.75],
    ],
    wall: ['the fastest rival', 1.05],
    rss: 160,
  },
  {
    loads: ['2000x1MiB'],
    cpu: [
      ['s5cmd', 0.5],
      ['lib-storage', 0.3],
    ],
    wall: ['s5cmd', 1.0],
    rss: 160,
  },
  { loads: ['other-s3'], cpu: [['rclone', 0.4]], wall: ['rclone', 1.0], rss: 160 },
  { loads: ['same-s3'], cpu: [], cpuPerGiB: 0.1, wall: ['copy-object', 1.1], rss: 120 },
];

/** The goals that these measurements can tell of: ratios of medians within one run. */
export function decideGoals(summaries: readonly Summary[]): Goal[] {
  const goals: Goal[] = [];
  for (const server of COUNTED) {
    for (const wanted of WANTED) {
      for (const load of wanted.loads) {
        goals.push(
          ...goalsOf(
            wanted,
            `${server}, ${load}`,
            summaries.filter((one) => one.server === server && one.load === load),
          ),
        );
      }
    }
  }
  return goals;
}

function goalsOf(wanted: Wanted, where: string, summaries: readonly Summary[]): Goal[] {
  const of = (name: ClientName): Summary | undefined => summaries.find(({ client }) => client === name);
  const ours = of('ours');
  if (ours === undefined) return [];
  const goals: Goal[] = [];
  for (const [name, bound] of wanted.cpu) {
    const rival = of(name);
    if (rival === undefined) continue;
    goals.push({ where, what: `CPU / ${name}`, figure: ours.cpu.median / rival.cpu.median, bound });
  }
  if (wanted.cpuPerGiB !== undefined) {
    goals.push({ where, what: 'CPU s a GiB', figure: ours.cpu.median, bound: wanted.cpuPerGiB });
  }
  const [name, bound] = wanted.wall;
  const rivals = name === 'the fastest rival' ? RIVALS.map(of) : [of(name)];
  const walls = rivals.flatMap((rival) => (rival === undefined ? [] : [rival.wall.median]));
  if (walls.length > 0) {
    goals.push({ where, what: `wall / ${name}`, figure: ours.wall.median / Math.min(...walls), bound });
  }
  goals.push({ where, what: 'peak RSS, MB', figure: ours.rss.median / MB, bound: wanted.rss });
  return goals;
}
