import type { StoreInfo } from './catalog.ts';
import { documentOf, type NodeRequest, rest } from './context.ts';
import { readHeader } from './derive.ts';
import { asPlain, textAt } from './plain.ts';
import { type Reply, refuse } from './reply.ts';
import { addCoverage } from './rest-coverages.ts';

/** The importer, as far as it was recorded: it never takes a raster from S3. */
export async function imports(request: NodeRequest, id: string | undefined): Promise<Reply> {
  const { node } = request;
  if (request.method === 'POST') return start(request);
  if (id === undefined) return { status: 200, type: 'application/json', body: JSON.stringify({ imports: [] }) };
  const found = node.imports.get(Number(id));
  if (found === undefined) refuse(404, `No such import: ${id}`);
  return { status: 200, type: 'application/json', body: JSON.stringify({ import: found }) };
}

async function start(request: NodeRequest): Promise<Reply> {
  const { node } = request;
  const body = documentOf(request, 'import');
  const ws = textAt(asPlain(body.targetWorkspace), 'workspace') ?? '';
  const data = asPlain(body.data);
  const id = node.nextImport();
  const href = `${rest(request)}/imports/${id}`;
  const common = { id, href, archive: false, targetWorkspace: { workspace: { name: ws, isolated: false } } };
  const done = (document: object): Reply => {
    node.imports.set(id, document);
    const headers = { Location: href };
    return { status: 201, type: 'application/json', body: JSON.stringify({ import: document }), headers };
  };
  if (textAt(data, 'type') === 'file') {
    const file = textAt(data, 'file') ?? '';
    if (file.includes('://')) refuse(500, 'Unable to create import');
    const message = 'At least one task failed, look for error details in the tasks';
    return done({ ...common, state: 'COMPLETE_ERROR', message, tasks: [{ id: 0, state: 'ERROR' }] });
  }
  const location = textAt(data, 'location') ?? '';
  if (!/^https?:/.test(location)) {
    const why = 'because it is a relative path, and no base URI was provided.';
    const message = `Could not find file with URI "${location}" ${why}`;
    return done({ ...common, state: 'PENDING', message, data, tasks: [] });
  }
  const response = await fetch(location, { signal: AbortSignal.timeout(60_000) });
  const url = `file:uploads/tmp${id}/${location.slice(location.lastIndexOf('/') + 1)}`;
  node.sources.files.set(url, new Uint8Array(await response.arrayBuffer()));
  const name = url.slice(url.lastIndexOf('/') + 1).replace(/\.[^.]*$/, '');
  const store: StoreInfo = { workspace: ws, name, type: 'GeoTIFF', enabled: true, url, dateCreated: node.now() };
  const header = await readHeader(node.sources, store);
  node.commit([{ kind: 'store', key: `${ws}:${name}`, value: store }]);
  addCoverage(request, store, header, { name, nativeName: name });
  return done({ ...common, state: 'COMPLETE', tasks: [{ id: 0, state: 'COMPLETE' }] });
}
