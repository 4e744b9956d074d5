import type { Request } from './geoserver.ts';
import { patternOf } from './layers.ts';
import type { StockWay, Turn } from './turn.ts';

/** Milliseconds GeoServer's part may take for an answer: what is measured is GeoNode. */
export const SLOWEST_MS = 5;
/** Of a turn's answers, those that may be later: GeoNode and PostgreSQL share the processor with it. */
export const LATE_SHARE = 0.01;

/**
 * Requests a dataset that stock makes: with fewer it did not do its work, with more it tried again. GeoNode 5.1.1 was seen to make
 * 74, 36 (of it one for each store of the workspace, of which there are five) and 90.
 */
export const STOCK_REQUESTS: Record<StockWay, { least: number; most: number }> = {
  'create + update': { least: 60, most: 90 },
  'create + update, unlisted': { least: 20, most: 40 },
  updatelayers: { least: 70, most: 110 },
};

/** What makes a turn tell nothing, a sentence each. */
export function faultsOf({ way, count, requests }: Turn): string[] {
  const faults = requests
    .filter(({ status }) => status === null || status < 200 || status > 299)
    .map((request) => `GeoServer answered ${request.status ?? 'nothing'} to ${nameOf(request)}`);
  if (way === 'ours') return faults;
  const slow = requests.filter(({ ms }) => ms > SLOWEST_MS);
  const each = requests.length / count;
  const { least, most } = STOCK_REQUESTS[way];
  return [
    ...faults,
    ...(slow.length > LATE_SHARE * requests.length
      ? slow.map((request) => `GeoServer took ${request.ms.toFixed(1)} ms for ${nameOf(request)}`)
      : []),
    ...(each < least || each > most
      ? [`${way} made ${each.toFixed(1)} requests a dataset, which is not within ${least} to ${most}`]
      : []),
  ];
}

function nameOf({ method, path }: Request): string {
  return `${method} ${patternOf(path)}`;
}
