import { spreadOf } from '../statistics.ts';
import { spreadText, type Table } from '../table.ts';
import { costsOf } from './costs.ts';
import type { Request } from './geoserver.ts';
import { whereOf } from './goals.ts';
import { patternOf } from './layers.ts';
import { type Turn, WAYS } from './turn.ts';

/** What a dataset costs at each size, and what GeoServer was asked for it. */
export function tablesOf(turns: readonly Turn[]): Table[] {
  return [...costTables(turns), requestTable(turns)];
}

function costTables(turns: readonly Turn[]): Table[] {
  return [...Map.groupBy(costsOf(turns), ({ size }) => size)].map(([size, costs]) => ({
    title: `A dataset, with ${whereOf(size)}`,
    head: ['by', 'CPU s', 'of it Django', 'PostgreSQL', 'wall s', 'GeoServer calls'],
    rows: costs.map(({ way, cpu, django, postgres, wall, calls }) => [
      way,
      ...[cpu, django, postgres, wall].map((spread) => spreadText(spread, 4)),
      spreadText(calls, 2),
    ]),
  }));
}

function requestTable(turns: readonly Turn[]): Table {
  const rows = WAYS.flatMap((way) => {
    const mine = turns.filter((turn) => turn.way === way);
    const datasets = mine.reduce((sum, { count }) => sum + count, 0);
    return requestRows(
      mine.flatMap(({ requests }) => requests),
      datasets,
    ).map((row) => [way, ...row]);
  });
  return {
    title: 'Requests to GeoServer',
    head: ['by', 'request', 'a dataset', 'status', 'median ms', 'most'],
    rows,
  };
}

/** What GeoServer was asked for so many datasets, most often first: the request, how often a dataset, statuses, median and most ms. */
export function requestRows(requests: readonly Request[], datasets: number): string[][] {
  const groups = Map.groupBy(requests, ({ method, path }) => `${method} ${patternOf(path)}`);
  return [...groups]
    .toSorted(([, a], [, b]) => b.length - a.length)
    .map(([pattern, some]) => [pattern, (some.length / datasets).toFixed(2), ...answersOf(some)]);
}

function answersOf(requests: readonly Request[]): string[] {
  const statuses = [...new Set(requests.map(({ status }) => status ?? 'none'))].sort().join(', ');
  const ms = spreadOf(requests.map((request) => request.ms));
  return [statuses, ms.median.toFixed(1), ms.most.toFixed(1)];
}
