import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';

/** How the server behaves towards one path. Absent: as a good one does. */
export interface Manners {
  etag?: 'strong' | 'weak' | 'none';
  /** No Last-Modified. */
  undated?: boolean;
  /** Answers ranges with the whole. */
  rangeless?: boolean;
  /** Takes conditions and does not look at them. */
  careless?: boolean;
  /** No Content-Length. */
  chunked?: boolean;
  /** Says 0 of every HEAD. */
  zeroHead?: boolean;
  /** Status of HEAD, or of everything. */
  headStatus?: number;
  status?: number;
  headers?: Record<string, string>;
  redirect?: string;
  /** Sends so many bytes of the body, then ends the connection, or nothing more. */
  cutAfter?: number;
  stallAfter?: number;
  /** Bytes by which it answers another range than asked for. */
  shift?: number;
}

export interface WebServer {
  /** `http://127.0.0.1:port`, or https. */
  origin: string;
  put(path: string, bytes: Uint8Array, manners?: Manners): void;
  manners(path: string, manners: Manners): void;
  /** `METHOD path` with the Range header, in order. */
  requests: string[];
  /** If-Match, else If-Unmodified-Since, else '', of the last request. */
  condition(): string;
  stop(): Promise<void>;
}

interface Entry {
  bytes: Uint8Array;
  modified: Date;
  manners: Manners;
}

/** A web server for tests: files with ETags, dates and ranges, and every bad habit on demand. */
export async function startWebServer(tls?: { key: Buffer; cert: Buffer }): Promise<WebServer> {
  const files = new Map<string, Entry>();
  const requests: string[] = [];
  let condition = '';
  let clock = Date.UTC(2026, 0, 1);
  const listener: RequestListener = (request, response) => {
    requests.push(`${request.method} ${request.url} ${request.headers.range ?? ''}`.trim());
    condition = request.headers['if-match'] ?? request.headers['if-unmodified-since'] ?? '';
    const path = decodeURIComponent(new URL(request.url ?? '/', 'http://localhost').pathname);
    const entry = files.get(path);
    if (entry === undefined) response.writeHead(404, { 'content-length': 0 }).end();
    else serve(entry, request, response);
  };
  const server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    condition: () => condition,
    put(path, bytes, manners = {}) {
      clock += 1000;
      files.set(path, { bytes, modified: new Date(clock), manners });
    },
    manners(path, manners) {
      const entry = files.get(path);
      if (entry !== undefined) entry.manners = manners;
    },
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function serve({ bytes, modified, manners }: Entry, request: IncomingMessage, response: ServerResponse): void {
  const hash = createHash('sha1').update(bytes).digest('hex').slice(0, 12);
  const etag = { strong: `"${hash}"`, weak: `W/"${hash}"`, none: undefined }[manners.etag ?? 'strong'];
  const headers: Record<string, string> = {
    ...(etag === undefined ? {} : { etag }),
    ...(manners.undated === true ? {} : { 'last-modified': modified.toUTCString() }),
    ...(manners.rangeless === true ? {} : { 'accept-ranges': 'bytes' }),
    'content-type': 'application/octet-stream',
    ...manners.headers,
  };
  const isHead = request.method === 'HEAD';
  const status = manners.status ?? (isHead ? manners.headStatus : undefined);
  if (manners.redirect !== undefined) {
    response.writeHead(302, { location: manners.redirect, 'content-length': 0 }).end();
    return;
  }
  if (status !== undefined) {
    response.writeHead(status, { ...headers, 'content-length': 0 }).end();
    return;
  }
  if (manners.careless !== true && !conditionsHold(request, etag, modified)) {
    response.writeHead(412, { 'content-length': 0 }).end();
    return;
  }
  const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? [];
  let [body, code] = [bytes, 200];
  if (first !== undefined && last !== undefined && manners.rangeless !== true) {
    if (Number(first) >= bytes.length) {
      response.writeHead(416, { 'content-range': `bytes */${bytes.length}`, 'content-length': 0 }).end();
      return;
    }
    const from = Number(first) + (manners.shift ?? 0);
    const to = Math.min(Number(last), bytes.length - 1) + (manners.shift ?? 0);
    headers['content-range'] = `bytes ${from}-${to}/${manners.chunked === true ? '*' : bytes.length}`;
    [body, code] = [bytes.subarray(from, to + 1), 206];
  }
  if (manners.chunked !== true) headers['content-length'] = String(body.length);
  if (isHead && manners.zeroHead === true) headers['content-length'] = '0';
  response.writeHead(code, headers);
  if (isHead) response.end();
  else if (manners.cutAfter !== undefined) response.write(body.subarray(0, manners.cutAfter), () => response.destroy());
  else if (manners.stallAfter !== undefined) response.write(body.subarray(0, manners.stallAfter));
  else response.end(body);
}

function conditionsHold(request: IncomingMessage, etag: string | undefined, modified: Date): boolean {
  const { 'if-match': match, 'if-unmodified-since': since } = request.headers;
  if (match !== undefined) return match === etag;
  return since === undefined || modified.getTime() <= Date.parse(since);
}
