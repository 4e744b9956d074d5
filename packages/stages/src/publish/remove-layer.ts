import type { LeftPlace, StageContext } from '@geosluice/jobs';
import type { GeoServerPort } from '../ports.ts';

/** Whether a store's url leads to an object of a dataset. */
export function ownUrl(dataset: string): (url: string) => boolean {
  return (url) => url.includes(`/${dataset}/`);
}

/** Takes a dataset's layer off GeoServer, wherever it is; one of somebody else stays. @returns what there was to do */
export function removeLayer(
  geoserver: Pick<GeoServerPort, 'remove'>,
  { dataset, workspace, name }: LeftPlace,
  { log, signal }: Pick<StageContext, 'log' | 'signal'>,
): ReturnType<GeoServerPort['remove']> {
  return geoserver.remove({ workspace, name, dataset, isOurs: ownUrl(dataset), log, signal });
}
