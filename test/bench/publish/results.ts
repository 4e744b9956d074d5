import type { Goal } from '../goal.ts';
import { type Spread, spreadOf } from '../statistics.ts';
import { spreadText, type Table } from '../table.ts';
import type { Run } from './run.ts';

/** All rounds of one variant. */
export interface Summary extends Pick<Run, 'by' | 'variant'> {
  /** Layers a minute. */
  rate: Spread;
  /** Milliseconds of a layer. */
  p50: Spread;
  p99: Spread;
  /** Requests a layer of each node, medians. */
  nodes: number[];
  /** Requests a layer. */
  requests: Spread;
  /** CPU milliseconds a layer; null where none was measured. */
  cpu: Spread | null;
  /** CPU seconds of the worker's start; null where none was measured. */
  start: Spread | null;
}

const AT_LEAST = 0.9;
const AT_MOST = 1.1;

export function summarise(runs: readonly Run[]): Summary[] {
  const groups = [...Map.groupBy(runs, ({ by, variant }) => `${by} ${variant}`).values()];
  return groups.map((group) => {
    const [{ by, variant, requests }] = group as [Run, ...Run[]];
    const spread = (figure: (run: Run) => number): Spread => spreadOf(group.map(figure));
    return {
      ...{ by, variant },
      rate: spread((run) => (run.layers * 60) / run.seconds),
      p50: spread((run) => run.p50),
      p99: spread((run) => run.p99),
      nodes: requests.map((_, node) => spread((run) => (run.requests[node] ?? 0) / run.layers).median),
      requests: spread((run) => run.requests.reduce((sum, count) => sum + count, 0) / run.layers),
      cpu: group.some(({ cpu }) => cpu === null) ? null : spread((run) => ((run.cpu ?? 0) * 1000) / run.layers),
      start: group.some(({ start }) => start === null) ? null : spread((run) => run.start ?? 0),
    };
  });
}

/** By bare requests, most writes in flight last; and ours, most datasets last. */
function parted(summaries: readonly Summary[]): { bare: Summary[]; ours: Summary[]; best: Summary | undefined } {
  const of = (by: Run['by']) => summaries.filter((one) => one.by === by).sort((a, b) => a.variant - b.variant);
  const bare = of('bare');
  return { bare, ours: of('ours'), best: bare.toSorted((a, b) => b.rate.median - a.rate.median)[0] };
}

/** Every size against the bare sequence at its best, and the most datasets against the least. */
export function decideGoals(summaries: readonly Summary[]): Goal[] {
  const { ours, best } = parted(summaries);
  const speed = ours.map(
    ({ variant, rate }): Goal => ({
      ...{ where: datasets(variant), what: 'layers a minute / bare requests at their best' },
      ...{ figure: rate.median / (best?.rate.median ?? Number.NaN), bound: AT_LEAST, atLeast: true },
    }),
  );
  const [least, most] = [ours[0], ours.at(-1)];
  if (least === undefined || most === undefined || least === most) return speed;
  const where = `${datasets(most.variant)} / ${datasets(least.variant)}`;
  const grown = (what: string, figure: (one: Summary) => number): Goal => ({
    ...{ where, what, figure: figure(most) / figure(least), bound: AT_MOST },
  });
  return [
    ...speed,
    grown('our CPU a layer', ({ cpu }) => cpu?.median ?? Number.NaN),
    grown('requests a layer', ({ requests }) => requests.median),
  ];
}

export function tablesOf(summaries: readonly Summary[], nodeNames: readonly string[]): Table[] {
  const { bare, ours } = parted(summaries);
  const head = [
    'layers a minute',
    'p50 s',
    'p99 s',
    'requests a layer',
    ...nodeNames,
    'our CPU ms a layer',
    'of our start s',
  ];
  const row = (name: string, { rate, p50, p99, requests, nodes, cpu, start }: Summary): string[] => [
    ...[name, spreadText(rate, 0), seconds(p50), seconds(p99), spreadText(requests, 2)],
    ...nodes.map((count) => count.toFixed(2)),
    cpu === null ? '–' : spreadText(cpu, 1),
    start === null ? '–' : spreadText(start, 2),
  ];
  return [
    {
      title: 'Layers published to a cluster',
      head: ['by', ...head],
      rows: [
        ...bare.map((one) => row(`bare requests, ${one.variant} in flight`, one)),
        ...ours.map((one) => row(`ours, ${datasets(one.variant)} before`, one)),
      ],
    },
  ];
}

function seconds({ median, least, most, count }: Spread): string {
  return spreadText({ median: median / 1000, least: least / 1000, most: most / 1000, count }, 2);
}

function datasets(count: number): string {
  return `${count.toLocaleString('en')} datasets`;
}
