import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

export interface WebServer {
  /** Without a slash at its end. */
  url: string;
  /** `METHOD path` of each request, and ` (range)` where it asked for one. */
  requests: string[];
  stop(): Promise<void>;
}

type Files = ReadonlyMap<string, Uint8Array>;

/** Serves files with their length and ranges, as most web servers do. */
export function serveRanges(files: Files): Promise<WebServer> {
  return serve(files, (request, response, bytes) => {
    const headers = { 'accept-ranges': 'bytes', etag: `"${bytes.length}-1"`, 'content-type': 'image/tiff' };
    const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '') ?? [];
    if (from === undefined) {
      response.writeHead(200, { ...headers, 'content-length': bytes.length });
      return request.method === 'HEAD' ? response.end() : response.end(bytes);
    }
    const first = Number(from);
    const last = Math.min(to === '' ? bytes.length - 1 : Number(to), bytes.length - 1);
    const range = { 'content-range': `bytes ${first}-${last}/${bytes.length}`, 'content-length': last - first + 1 };
    return response.writeHead(206, { ...headers, ...range }).end(bytes.subarray(first, last + 1));
  });
}

/** Serves files in chunks: it says no length and knows no ranges, as scripts that make a file on demand do. */
export function serveChunked(files: Files): Promise<WebServer> {
  return serve(files, async (request, response, bytes) => {
    response.writeHead(200, { 'content-type': 'image/tiff', 'last-modified': 'Tue, 03 Nov 2026 10:00:00 GMT' });
    if (request.method === 'HEAD') return response.end();
    for (let at = 0; at < bytes.length; at += 16_384) {
      if (!response.write(bytes.subarray(at, at + 16_384))) await once(response, 'drain');
    }
    return response.end();
  });
}

async function serve(
  files: Files,
  send: (request: IncomingMessage, response: ServerResponse, bytes: Uint8Array) => unknown,
): Promise<WebServer> {
  const requests: string[] = [];
  const server: Server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://web').pathname;
    requests.push(`${request.method} ${path}${request.headers.range === undefined ? '' : ' (range)'}`);
    const bytes = files.get(decodeURIComponent(path));
    if (bytes === undefined) response.writeHead(404).end();
    else Promise.resolve(send(request, response, bytes)).catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    requests,
    async stop() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
