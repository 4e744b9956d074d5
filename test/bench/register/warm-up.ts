import type { BenchGeoServer } from './geoserver.ts';
import { layersOf } from './layers.ts';

const LAYERS = 150;

/** Asks for what stock asks for, until all of it is compiled. */
export async function warmUp(geoserver: BenchGeoServer): Promise<void> {
  const layers = layersOf('ws_warm', 0, LAYERS);
  await geoserver.hold(layers);
  const authorization = `Basic ${Buffer.from(`${geoserver.user}:${geoserver.password}`).toString('base64')}`;
  const ask = async (path: string, method = 'GET', body: string | null = null): Promise<string> => {
    const headers = { authorization, 'content-type': 'application/xml' };
    return (await fetch(`${geoserver.url}${path}`, { method, headers, body })).text();
  };
  for (const { workspace, name } of layers) {
    const place = `rest/workspaces/${workspace}`;
    const coverage = `${place}/coveragestores/${name}/coverages/${name}.xml`;
    await ask(coverage, 'PUT', await ask(coverage));
    const style = `${place}/styles/${name}`;
    await ask(`${style}.sld`, 'PUT', await ask(`${style}.sld`));
    for (const path of [
      ...['rest/workspaces.xml', `${place}/coveragestores.xml`, `${place}/datastores.xml`, `${style}.json`],
      ...[`${place}/coveragestores/${name}/coverages.xml`, `rest/layers/${name}.xml`, `rest/styles/${name}.json`],
      ...[`gwc/rest/layers/${workspace}:${name}.xml`, 'rest/geofence/rules.json', 'rest/geofence/rules/count.json'],
      `wcs?service=wcs&version=1.1.0&request=DescribeCoverage&identifiers=${workspace}:${name}`,
    ])
      await ask(path);
  }
  await geoserver.hold([]);
  await geoserver.take();
}
