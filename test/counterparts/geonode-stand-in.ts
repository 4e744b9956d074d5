import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createStandInCatalogue, type StandInCatalogue, type StandInDataset } from './geonode-stand-in-catalogue.ts';

export interface GeonodeStandIn {
  /** Without a slash at its end. */
  url: string;
  user: 'admin';
  password: 'admin';
  catalogue: StandInCatalogue;
  stop(): Promise<void>;
}

const USER = 'admin';
const PASSWORD = 'admin';
const MAX_BODY_BYTES = 64 * 1024 * 1024;
const MAX_ITEMS = 100;
const ACTIONS = new Map([
  ['registrations', 'register'],
  ['unregistrations', 'unregister'],
  ['lookups', 'lookup'],
] as const) as ReadonlyMap<string, Parameters<StandInCatalogue['answer']>[0]>;

/**
 * A small thing in GeoNode's place, where there is no time for a real one: the registration app's endpoints with its
 * answers, a page a dataset, and the two calls of GeoNode's API that list them. It remembers nothing when it ends, unless
 * it has a file for that.
 */
export async function startGeonodeStandIn(options: { port?: number; journal?: string } = {}): Promise<GeonodeStandIn> {
  let url = '';
  const catalogue = createStandInCatalogue((pk) => `${url}/datasets/${pk}`, options.journal);
  const server = createServer((request, response) => {
    serve(request, response, catalogue).catch(() => response.destroy());
  });
  server.listen(options.port ?? 0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  url = `http://127.0.0.1:${address.port}`;
  return {
    url,
    user: USER,
    password: PASSWORD,
    catalogue,
    stop: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

async function serve(request: IncomingMessage, response: ServerResponse, catalogue: StandInCatalogue): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://stand-in');
  if (pathname.startsWith('/api/geosluice/v1/')) return registrations(request, response, catalogue, pathname);
  const one = /^\/(?:api\/v2\/)?datasets\/(\d+)\/?$/.exec(pathname);
  const dataset = one === null ? null : catalogue.get(Number(one[1]));
  if (/^\/api\/v2\/datasets\/?$/.test(pathname)) {
    const size = Math.min(Number(searchParams.get('page_size') ?? 10), 200);
    const page = Math.max(Number(searchParams.get('page') ?? 1), 1);
    const all = catalogue.list();
    const datasets = all.slice((page - 1) * size, page * size).map(described);
    return json(response, 200, { total: all.length, page, page_size: size, datasets });
  }
  if (dataset !== null && pathname.startsWith('/api/')) return json(response, 200, { dataset: described(dataset) });
  if (dataset !== null) return html(response, 200, datasetPage(dataset));
  if (pathname === '/') return html(response, 200, indexPage(catalogue.list().slice(0, 200)));
  return html(response, 404, '<h1>Not found</h1>');
}

async function registrations(
  request: IncomingMessage,
  response: ServerResponse,
  catalogue: StandInCatalogue,
  path: string,
): Promise<void> {
  const expected = `Basic ${Buffer.from(`${USER}:${PASSWORD}`).toString('base64')}`;
  if (request.headers.authorization !== expected) return json(response, 401, { detail: 'Invalid credentials.' });
  if (path.endsWith('/health'))
    return json(response, 200, { app: 'geosluice_geonode', version: '0.1.0', geonode: 'stand-in', schema: 1 });
  const member = path.slice(path.lastIndexOf('/') + 1);
  const action = ACTIONS.get(member);
  if (action === undefined) return json(response, 404, { detail: 'Not found.' });
  const body = await readBody(request);
  const items = body === null ? null : (body as Record<string, unknown>)[member];
  if (!Array.isArray(items)) return json(response, 400, { detail: `${member} must be a list of documents` });
  if (items.length > MAX_ITEMS) return json(response, 413, { detail: `a batch has at most ${MAX_ITEMS} items` });
  return json(response, 200, { answers: items.map((item: unknown) => catalogue.answer(action, item)) });
}

async function readBody(request: IncomingMessage): Promise<object | null> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > MAX_BODY_BYTES) return null;
    chunks.push(chunk);
  }
  try {
    const value: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8'));
    return typeof value === 'object' ? value : null;
  } catch {
    return null;
  }
}

/** The fields of GeoNode's API that tests and people look at. */
function described({ pk, uuid, document, lastUpdated }: StandInDataset): object {
  const { layer, title, metadata } = document;
  return {
    pk: `${pk}`,
    uuid,
    title,
    abstract: metadata.abstract ?? '',
    alternate: `${layer.workspace}:${layer.name}`,
    workspace: layer.workspace,
    store: layer.store,
    name: layer.name,
    srid: layer.srs,
    subtype: 'raster',
    owner: { username: document.owner ?? USER },
    keywords: [...(document.keywords ?? []), ...metadata.keywords].map((name) => ({ name })),
    last_updated: lastUpdated,
  };
}

function indexPage(datasets: readonly StandInDataset[]): string {
  const rows = datasets.map(
    ({ pk, document }) =>
      `<li><a href="/datasets/${pk}">${escaped(document.title)}</a> <small>${escaped(document.layer.name)}</small></li>`,
  );
  return `<h1>Datasets</h1><p>${datasets.length} shown, newest first.</p><ul>${rows.join('')}</ul>`;
}

function datasetPage({ document, lastUpdated }: StandInDataset): string {
  const { layer, metadata, title } = document;
  const [minX, minY, maxX, maxY] = layer.nativeBbox;
  const width = 512;
  const height = Math.max(1, Math.min(1024, Math.round((width * (maxY - minY)) / (maxX - minX))));
  const map = `${layer.wms}?service=WMS&version=1.1.1&request=GetMap&layers=${layer.name}&styles=&srs=${layer.srs}&bbox=${layer.nativeBbox.join(',')}&width=${width}&height=${height}&format=image/png`;
  const facts: Array<[string, string]> = [
    ['Layer', `${layer.workspace}:${layer.name}`],
    ['Coordinates', layer.srs],
    ['Creators', metadata.creators.join('; ')],
    ['Keywords', [...(document.keywords ?? []), ...metadata.keywords].join(', ')],
    ['Licence', metadata.license ?? document.license ?? ''],
    ['Who may see it', document.permissions],
    ['Changed', lastUpdated],
  ];
  const rows = facts
    .filter(([, value]) => value !== '')
    .map(([label, value]) => `<tr><th>${label}</th><td>${escaped(value)}</td></tr>`);
  const abstract = escaped(metadata.abstract ?? 'No abstract provided');
  return `<p><a href="/">All datasets</a></p><h1>${escaped(title)}</h1><p>${abstract}</p>
<img src="${escaped(map)}" alt="Map of ${escaped(title)}" width="${width}"><table>${rows.join('')}</table>`;
}

const STYLE =
  'body{font:16px/1.5 system-ui;max-width:50rem;margin:2rem auto;padding:0 1rem}th{text-align:left;padding-right:1rem}';

function html(response: ServerResponse, status: number, content: string): void {
  const page = `<!doctype html><meta charset="utf-8"><title>GeoNode stand-in</title><style>${STYLE}</style>${content}`;
  response.writeHead(status, { 'content-type': 'text/html; charset=utf-8' }).end(page);
}

function json(response: ServerResponse, status: number, value: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
