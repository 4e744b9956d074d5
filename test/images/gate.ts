import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Gate {
  /** Address of the raster. */
  url: string;
  host: string;
  /** Requests for more than its header that are held now. */
  held(): number;
  /** Lets everything through from now on. */
  open(): void;
  stop(): Promise<void>;
}

/** A web server with one raster: its header is answered at once, its bulk when the gate is opened. */
export async function startGate(raster: Uint8Array, headerBytes: number): Promise<Gate> {
  const opened = Promise.withResolvers<void>();
  let held = 0;
  const server = createServer(async (request, response) => {
    const headers = { 'accept-ranges': 'bytes', etag: `"${raster.length}"`, 'content-type': 'image/tiff' };
    const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '') ?? [];
    const first = Number(from ?? 0);
    const last = Math.min(to === undefined || to === '' ? raster.length - 1 : Number(to), raster.length - 1);
    if (request.method === 'HEAD')
      return response.writeHead(200, { ...headers, 'content-length': raster.length }).end();
    if (last - first > headerBytes) {
      held += 1;
      await Promise.race([opened.promise, once(response, 'close')]);
      held -= 1;
    }
    const range = from === undefined ? {} : { 'content-range': `bytes ${first}-${last}/${raster.length}` };
    response.writeHead(from === undefined ? 200 : 206, { ...headers, ...range, 'content-length': last - first + 1 });
    return response.end(raster.subarray(first, last + 1));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const host = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    ...{ url: `${host}/gated.tif`, host },
    held: () => held,
    open: () => opened.resolve(),
    async stop() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
