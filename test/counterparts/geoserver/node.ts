import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { BrokerDown } from './cluster.ts';
import type { NodeContext, NodeRequest } from './context.ts';
import type { FailureSource } from './failures.ts';
import { type Latencies, leastOf, type Pace } from './latencies.ts';
import { type Login, userOf } from './login.ts';
import { bare, jettyPage, Refused, type Reply, sentence } from './reply.ts';
import { lockOf, route } from './routes.ts';

export interface SeenRequest {
  /** Index of the node. */
  node: number;
  method: string;
  /** Path and query, as they came. */
  path: string;
  /** Text of the body, its first 64 KiB. */
  body: string;
  /** Null as long as there is no answer. */
  status: number | null;
  /** Milliseconds that it keeps everybody else from the catalog, as was recorded; 0 for what does not, or without latencies. */
  lockMs: number;
}

export interface NodeOptions {
  context: NodeContext;
  /** Does the work of a request under the catalog's lock. */
  pace: Pace;
  /** Those of `pace`. */
  latencies?: Latencies | undefined;
  /** Writes that are in it now, and were in it at one time at most; counted where somebody looks. */
  writes?: { now: number; most: number };
  failures: FailureSource;
  /** Takes down what is asked; null where nobody looks. */
  seen: SeenRequest[] | null;
  login: Login;
}

/** One node's HTTP server, not yet listening. */
export function createNodeServer(options: NodeOptions): Server {
  return createServer((incoming, response) => {
    serve(options, incoming, response).catch((error: unknown) => {
      if (!response.headersSent) send(response, jettyPage(500, String(error), incoming.url ?? ''));
      else response.destroy();
    });
  });
}

/** Larger bodies are not for a stand-in. */
const MOST_BYTES = 64 * 1024 * 1024;

async function serve(options: NodeOptions, incoming: IncomingMessage, response: ServerResponse): Promise<void> {
  const { writes } = options;
  if (writes === undefined || incoming.method === 'GET' || incoming.method === 'HEAD')
    return await respond(options, incoming, response);
  writes.now += 1;
  writes.most = Math.max(writes.most, writes.now);
  try {
    await respond(options, incoming, response);
  } finally {
    writes.now -= 1;
  }
}

async function respond(options: NodeOptions, incoming: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await readBody(incoming);
  const url = incoming.url ?? '/';
  const seen: SeenRequest = {
    node: options.context.index,
    method: incoming.method ?? 'GET',
    path: url,
    body: body.subarray(0, 65_536).toString('utf8'),
    status: null,
    lockMs: 0,
  };
  options.seen?.push(seen);
  const hit = options.failures.take(seen);
  if (hit === null || hit.failure.done === true) {
    const reply = await answer(options, incoming, body, seen);
    if (hit === null) {
      seen.status = reply.status;
      return send(response, reply);
    }
  }
  const how = hit.failure.answer;
  if (how === 'hang') await Promise.race([hit.released, closed(response)]);
  if (how === 'hang' || how === 'drop') {
    response.destroy();
    return;
  }
  seen.status = how.status;
  send(response, { ...sentence(how.status, how.body ?? ''), ...(how.headers ? { headers: how.headers } : {}) });
}

async function answer(
  options: NodeOptions,
  incoming: IncomingMessage,
  body: Buffer,
  seen: SeenRequest,
): Promise<Reply> {
  const url = incoming.url ?? '/';
  const [path = '/', search = ''] = split(url);
  const root = `http://${incoming.headers.host ?? 'localhost'}/geoserver`;
  if (/%2f/i.test(path)) return { ...bare(400), headers: { 'Cache-Control': 'must-revalidate,no-cache,no-store' } };
  const refused = authenticate(options, incoming, path, `${root}${url.slice('/geoserver'.length)}`);
  if (refused !== null) return refused;
  const { segments, format } = segmentsOf(path, incoming.headers.accept ?? '');
  const request: NodeRequest = {
    node: options.context,
    method: incoming.method ?? 'GET',
    user: userOf(incoming.headers.authorization ?? ''),
    segments,
    format,
    query: new URLSearchParams(search),
    type: (incoming.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '',
    body,
    root,
    url,
  };
  const lock = lockOf(request);
  const paced = { ...request, stores: storesOf(request) };
  if (lock === 'write' && options.latencies !== undefined) seen.lockMs = leastOf(paced, lock, options.latencies);
  const work = async () => {
    try {
      const reply = await route(request).catch(refusal);
      if (lock === 'write') await options.context.told();
      return reply;
    } catch (error) {
      // done here, told to nobody
      if (error instanceof BrokerDown) return sentence(500, 'Error occurred committing the transaction: broker down');
      throw error;
    }
  };
  return await options.pace(paced, lock, work);
}

/** How many stores it takes away: all of a workspace go with it. */
function storesOf({ method, segments, node }: NodeRequest): number {
  const [, what, workspace] = segments;
  const whole = method === 'DELETE' && what === 'workspaces' && segments.length === 3;
  return whole ? node.catalog.list('store', workspace).length : 1;
}

function refusal(error: unknown): Reply {
  if (error instanceof Refused) return error.reply;
  throw error;
}

/** REST wants a user; maps are for all, but not with a wrong password. */
function authenticate(options: NodeOptions, incoming: IncomingMessage, path: string, uri: string): Reply | null {
  const given = incoming.headers.authorization;
  if (given !== undefined && options.login(given)) return null;
  const closed = path.startsWith('/geoserver/rest') || path.startsWith('/geoserver/gwc/rest');
  if (given === undefined && !closed) return null;
  const forget = 'remember-me=; Path=/geoserver; Expires=Thu, 01 Jan 1970 00:00:00 GMT';
  return jettyPage(401, 'Unauthorized', uri, {
    ...(given === undefined ? {} : { 'Set-Cookie': forget }),
    'WWW-Authenticate': 'Basic realm="GeoServer Realm"',
  });
}

function split(url: string): [string, string] {
  const at = url.indexOf('?');
  return at < 0 ? [url, ''] : [url.slice(0, at), url.slice(at + 1)];
}

const SUFFIX = /\.(json|xml|html|sld)$/;

function segmentsOf(path: string, accept: string): { segments: string[]; format: string } {
  const raw = path
    .replace(/^\/geoserver/, '')
    .split('/')
    .filter((part) => part !== '');
  const last = raw.at(-1) ?? '';
  const suffix = SUFFIX.exec(last)?.[1];
  const segments = [...raw.slice(0, -1), ...(last === '' ? [] : [last.replace(SUFFIX, '')])].map((part) => {
    try {
      return decodeURIComponent(part);
    } catch {
      return part;
    }
  });
  const accepted = /json/.test(accept) ? 'json' : /xml/.test(accept) ? 'xml' : 'html';
  return { segments, format: suffix ?? accepted };
}

async function readBody(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > MOST_BYTES) throw new Error('the body is too large for a stand-in');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function closed(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    response.once('close', resolve);
  });
}

function send(response: ServerResponse, reply: Reply): void {
  if (response.destroyed) return;
  const body = typeof reply.body === 'string' ? Buffer.from(reply.body, 'utf8') : (reply.body ?? new Uint8Array(0));
  response.writeHead(reply.status, {
    ...reply.headers,
    ...(reply.type === undefined ? {} : { 'Content-Type': reply.type }),
    'Content-Length': body.byteLength,
  });
  response.end(body);
}
