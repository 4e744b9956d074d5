import type { Goal } from '../goal.ts';
import type { Cost } from './costs.ts';
import { STOCK_WAYS } from './turn.ts';

const TIMES_STOCK = 20;
const CALLS = 0.05;
const GROWTH = 1.2;

/** @param costs by rising size */
export function decideGoals(costs: readonly Cost[]): Goal[] {
  const ours = costs.filter(({ way }) => way === 'ours');
  const goals = ours.flatMap(({ size, cpu, calls }): Goal[] => {
    const where = whereOf(size);
    const stock = costs.filter((cost) => cost.size === size && STOCK_WAYS.some((way) => way === cost.way));
    return [
      ...stock.map((cost) => ({
        ...{ where, what: `CPU of ${cost.way} / ours`, bound: TIMES_STOCK, atLeast: true },
        figure: cost.cpu.median / cpu.median,
      })),
      // of all rounds the one with most
      { where, what: 'GeoServer calls a dataset', figure: calls.most, bound: CALLS },
    ];
  });
  const [first, last] = [ours.at(0), ours.at(-1)];
  if (first === undefined || last === undefined || first === last) return goals;
  const what = `CPU a dataset / that at ${first.size.toLocaleString('en')}`;
  return [...goals, { where: whereOf(last.size), what, figure: last.cpu.median / first.cpu.median, bound: GROWTH }];
}

export function whereOf(size: number): string {
  return `${size.toLocaleString('en')} existing`;
}
