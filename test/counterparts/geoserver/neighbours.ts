import type { NodeRequest } from './context.ts';
import { bare, jettyPage, type Reply } from './reply.ts';

const json = (value: unknown): Reply => ({ status: 200, type: 'application/json', body: JSON.stringify(value) });

/**
 * Plausible answers of what GeoNode asks besides the catalog: GeoFence's rules and the tile cache. Not recorded.
 * The rules are not kept: a GeoNode that writes one is told that it was taken.
 */
export function geofence(request: NodeRequest): Reply {
  if (request.method !== 'GET') return bare(200);
  if (request.segments.at(-1) === 'count') return json({ count: 0 });
  if (request.format === 'xml')
    return {
      status: 200,
      type: 'application/xml',
      body: '<?xml version="1.0" encoding="UTF-8"?><Rules count="0"></Rules>',
    };
  return json({ count: 0, rules: [] });
}

/** `/gwc/rest/…`: a cached layer for each layer, masstruncate, seed. */
export function geowebcache(request: NodeRequest): Reply {
  const [, , what, name = ''] = request.segments;
  if (request.method !== 'GET') return bare(200);
  if (what !== 'layers') return bare(404);
  const { catalog } = request.node;
  if (name === '') {
    const names = catalog.list('layer').map((layer) => `${layer.workspace}:${layer.name}`);
    return json(names);
  }
  if (catalog.get('layer', name) === undefined) return jettyPage(404, `Unknown layer: ${name}`, request.url);
  const body = `<GeoServerLayer>
  <id>LayerInfoImpl-${name}</id>
  <enabled>true</enabled>
  <inMemoryCached>true</inMemoryCached>
  <name>${name}</name>
  <mimeFormats>
    <string>image/png</string>
    <string>image/jpeg</string>
  </mimeFormats>
  <gridSubsets>
    <gridSubset>
      <gridSetName>EPSG:900913</gridSetName>
    </gridSubset>
    <gridSubset>
      <gridSetName>EPSG:4326</gridSetName>
    </gridSubset>
  </gridSubsets>
</GeoServerLayer>`;
  return { status: 200, type: 'application/xml', body };
}
