import { about } from './about.ts';
import { documentReply, type NodeRequest, OK } from './context.ts';
import { listTree } from './documents.ts';
import { imports } from './imports.ts';
import type { LockKind } from './latencies.ts';
import { geofence, geowebcache } from './neighbours.ts';
import { jettyPage, type Reply } from './reply.ts';
import { coverages } from './rest-coverages.ts';
import { layers, styles } from './rest-layers.ts';
import { cluster, ownPassword } from './rest-pod.ts';
import { stores, upload } from './rest-stores.ts';
import { namespaces, workspaces } from './rest-workspaces.ts';
import { wcs } from './wcs.ts';
import { parameters, wms } from './wms.ts';

/** What of the catalog lock a request takes. Maps and `about` take none, which is why version proves nothing. */
export function lockOf(request: NodeRequest): LockKind {
  const [top, what] = request.segments;
  if (top !== 'rest' || what === 'about' || what === 'geofence') return 'none';
  return request.method === 'GET' || request.method === 'HEAD' ? 'read' : 'write';
}

export async function route(request: NodeRequest): Promise<Reply> {
  const [top, ...rest] = request.segments;
  if (top === 'rest') return restRoute(request, rest);
  if (top === 'gwc' && rest[0] === 'rest') return geowebcache(request);
  if (top === 'geofence') return geofence(request);
  if (top === 'web' || top === undefined) return { status: 200, type: 'text/html', body: '<title>GeoServer</title>' };
  const service = request.segments.at(-1);
  const scope = request.segments.slice(0, -1);
  if (scope.length > 2) return missing(request);
  if (service === 'wms') return wms(request, scope);
  if (service === 'wcs') return wcs(request, scope);
  if (service === 'ows') {
    const wanted = parameters(request.query)('service').toLowerCase();
    return wanted === 'wcs' ? wcs(request, scope) : wms(request, scope);
  }
  return missing(request);
}

async function restRoute(request: NodeRequest, path: readonly string[]): Promise<Reply> {
  const [what = '', first, second, third, ...below] = path;
  switch (what) {
    case 'about':
      return about(request, first ?? '');
    case 'reset':
    case 'reload':
      return OK;
    case 'namespaces':
      return first === undefined ? workspaces(request, undefined) : namespaces(request, first);
    case 'layers':
      return layers(request, undefined, first);
    case 'styles':
      return styles(request, undefined, first);
    case 'imports':
      return imports(request, first);
    case 'geofence':
      return geofence(request);
    case 'cluster':
      return first === undefined ? cluster(request) : missing(request);
    case 'security':
      return first === 'self' && second === 'password' ? ownPassword(request) : missing(request);
    case 'workspaces':
      if (second === undefined) return workspaces(request, first);
      return inWorkspace(request, first ?? '', second, third, below);
    default:
      return missing(request);
  }
}

async function inWorkspace(
  request: NodeRequest,
  ws: string,
  what: string,
  name: string | undefined,
  below: readonly string[],
): Promise<Reply> {
  switch (what) {
    case 'layers':
      return layers(request, ws, name);
    case 'styles':
      return styles(request, ws, name);
    case 'coverages':
      return coverages(request, ws, undefined, name);
    case 'coveragestores':
      return inStore(request, ws, name, below);
    case 'datastores':
    case 'wmsstores':
    case 'wmtsstores':
      if (name !== undefined) return missing(request);
      return documentReply(request, listTree(what.replace(/s(tores)$/, 'S$1'), 'store', []));
    default:
      return missing(request);
  }
}

async function inStore(
  request: NodeRequest,
  ws: string,
  store: string | undefined,
  below: readonly string[],
): Promise<Reply> {
  const [what, name, action] = below;
  if (store === undefined || what === undefined) return stores(request, ws, store);
  if (what === 'reset' || action === 'reset') return OK;
  if (what === 'coverages') return coverages(request, ws, store, name);
  const [method = '', format = ''] = what.split('.');
  if (['external', 'url', 'file'].includes(method)) return upload(request, ws, store, method, format);
  return missing(request);
}

function missing(request: NodeRequest): Reply {
  return jettyPage(404, 'Not Found', `${request.root}${request.url.slice('/geoserver'.length)}`);
}
