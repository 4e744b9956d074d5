import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream/promises';

/** A way to an S3 server on which signatures are lost: what comes by it is of nobody the server knows. */
export async function openUnsignedWay(endpoint: string): Promise<{ endpoint: string; close(): void }> {
  const server = createServer((incoming, response) => {
    const { authorization: _, host: __, ...headers } = incoming.headers;
    const onward = request(new URL(incoming.url ?? '/', endpoint), { method: incoming.method, headers });
    onward.on('response', (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      pipeline(answer, response).catch(() => response.destroy());
    });
    onward.on('error', () => response.destroy());
    incoming.pipe(onward);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
