import type { Change, StoreInfo } from './catalog.ts';
import { documentOf, documentReply, type NodeRequest, notFound, OK, rest } from './context.ts';
import { type Header, readHeader } from './derive.ts';
import { hrefs, listTree, storeTree } from './documents.ts';
import { asPlain, boolAt, type Plain, textAt } from './plain.ts';
import { bare, created, type Reply, refuse } from './reply.ts';
import { addCoverage } from './rest-coverages.ts';
import { toXml } from './tree.ts';

/** `/rest/workspaces/{ws}/coveragestores` and below, down to the store. */
export async function stores(request: NodeRequest, ws: string, name: string | undefined): Promise<Reply> {
  const { catalog, commit } = request.node;
  if (name === undefined) {
    if (request.method === 'POST') return create(request, ws);
    const entries = catalog
      .list('store', ws)
      .map((store) => ({ name: store.name, href: hrefs.store(rest(request), ws, store.name) }));
    return documentReply(request, listTree('coverageStores', 'coverageStore', entries, 'application/atom+xml'));
  }
  const store = catalog.get('store', `${ws}:${name}`);
  if (store === undefined) return notFound(request, `No such coverage store: ${ws},${name}`);
  if (request.method === 'PUT') {
    commit(change(request, store));
    return OK;
  }
  if (request.method === 'DELETE') return remove(request, store);
  return documentReply(request, storeTree(rest(request), store));
}

/** Nothing is checked but the name and the workspace, which the body names. */
function create(request: NodeRequest, ws: string): Reply {
  const { node } = request;
  const body = documentOf(request, 'coverageStore');
  const name = textAt(body, 'name') ?? '';
  const owner = textAt(body, 'workspace');
  if (owner === undefined || node.catalog.get('workspace', owner) === undefined)
    refuse(500, 'Store must be part of a workspace');
  if (name === '') refuse(500, 'Store name must not be null');
  const key = `${owner}:${name}`;
  if (node.catalog.get('store', key) !== undefined)
    refuse(500, `Store '${name}' already exists in workspace '${owner}'`);
  const fields = fieldsOf(body);
  const value: StoreInfo = { workspace: owner, name, enabled: false, dateCreated: node.now(), ...fields };
  node.commit([{ kind: 'store', key, value }]);
  // Location names the path's workspace, whatever the body says
  const location = name.split('/').map(encodeURIComponent).join('/');
  return created(`${rest(request)}/workspaces/${ws}/coveragestores/${location}`, name);
}

function fieldsOf(body: Plain): Partial<StoreInfo> {
  const [type, url, description] = [textAt(body, 'type'), textAt(body, 'url'), textAt(body, 'description')];
  const enabled = boolAt(body, 'enabled');
  return {
    ...(type === undefined ? {} : { type }),
    ...(url === undefined ? {} : { url }),
    ...(description === undefined ? {} : { description }),
    ...(enabled === undefined ? {} : { enabled }),
    ...(body.metadata === undefined ? {} : { metadata: asPlain(body.metadata) }),
  };
}

/** A new url is taken as it is. A new name moves what is inside along. */
function change(request: NodeRequest, store: StoreInfo): Change[] {
  const { catalog, now } = request.node;
  const body = documentOf(request, 'coverageStore');
  const name = textAt(body, 'name') ?? store.name;
  const value: StoreInfo = { ...store, ...fieldsOf(body), name, dateModified: now() };
  const key = `${store.workspace}:${name}`;
  if (name === store.name) return [{ kind: 'store', key, value }];
  const inside = catalog.list('coverage', store.workspace).filter((coverage) => coverage.store === store.name);
  return [
    { kind: 'store', key: `${store.workspace}:${store.name}`, value: null },
    { kind: 'store', key, value },
    ...inside.flatMap((coverage): Change[] => {
      const layer = catalog.get('layer', `${coverage.workspace}:${coverage.name}`);
      const moved = `${coverage.workspace}:${coverage.name}`;
      return [
        { kind: 'coverage', key: moved, value: { ...coverage, store: name } },
        ...(layer === undefined ? [] : [{ kind: 'layer', key: moved, value: { ...layer, store: name } } as const]),
      ];
    }),
  ];
}

function remove(request: NodeRequest, store: StoreInfo): Reply {
  const { catalog, commit } = request.node;
  const inside = catalog.list('coverage', store.workspace).filter((coverage) => coverage.store === store.name);
  if (inside.length > 0 && request.query.get('recurse') !== 'true') return bare(401);
  commit([
    ...inside.flatMap((coverage): Change[] => [
      { kind: 'layer', key: `${coverage.workspace}:${coverage.name}`, value: null },
      { kind: 'coverage', key: `${coverage.workspace}:${coverage.name}`, value: null },
    ]),
    { kind: 'store', key: `${store.workspace}:${store.name}`, value: null },
  ]);
  return OK;
}

/** `PUT …/{store}/external.…`, `url.…` and `file.…`: no one-call form works for S3. */
export async function upload(
  request: NodeRequest,
  ws: string,
  name: string,
  method: string,
  format: string,
): Promise<Reply> {
  const { node } = request;
  const text = request.body.toString('utf8').trim();
  if (method === 'file' && format === 'geotiff') {
    const url = `file:data/${ws}/${name}/${name}.geotiff`;
    node.sources.files.set(url, new Uint8Array(request.body));
    const dateCreated = node.now();
    const store: StoreInfo = { workspace: ws, name, type: 'GeoTIFF', enabled: true, url, dateCreated };
    const header: Header = await readHeader(node.sources, store);
    node.commit([{ kind: 'store', key: `${ws}:${name}`, value: store }]);
    const layer = request.query.get('coverageName') ?? name;
    addCoverage(request, store, header, { name: layer, nativeName: header.coverageName });
    const headers = { 'Content-Disposition': 'inline;filename=f.txt' };
    const body = toXml(storeTree(rest(request), store, true));
    return { status: 201, type: 'application/xml', body, headers };
  }
  if (method === 'url') refuse(500, 'Cannot invoke "String.equals(Object)" because "name" is null');
  if (format !== format.toLowerCase() || text.startsWith('file:')) return bare(400);
  refuse(500, 'Error while storing uploaded file:');
}
