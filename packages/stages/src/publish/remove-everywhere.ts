import type { LeftPlace, StageContext } from '@geosluice/jobs';
import type { GeoServerPort } from '../ports.ts';

/** Whether a store's url leads to an object of a dataset. */
export function ownUrl(dataset: string): (url: string) => boolean {
  return (url) => url.includes(`/${dataset}/`);
}

/**
 * Takes a dataset's layer from the primary, and waits until no node has it; one that did not hear of it in time is sent the
 * same deletes.
 * @returns what there was to do, for the history
 */
export async function removeEverywhere(
  { workspace, name, dataset }: LeftPlace,
  context: Pick<StageContext, 'fence' | 'log' | 'signal'>,
  geoserver: Pick<GeoServerPort, 'remove' | 'gone'>,
): Promise<string> {
  const { log, signal } = context;
  const request = { workspace, name, dataset, isOurs: ownUrl(dataset), log, signal };
  await context.fence();
  const found = await geoserver.remove(request);
  if (found === 'not-ours') return found;
  const repair = async (node: string) => {
    // by now a newer version may have been published there
    await context.fence();
    await geoserver.remove({ ...request, node });
  };
  const { repaired } = await geoserver.gone({ ...request, repair });
  return repaired.length === 0 ? found : `${found}; ${repairedOn(repaired)}`;
}

export function repairedOn(nodes: readonly string[]): string {
  return `repaired on ${nodes.join(', ')}`;
}
