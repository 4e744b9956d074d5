import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface HealthOptions {
  host: string;
  port: number;
  /** Alive: the process makes progress. False makes an orchestrator restart it. */
  alive(): boolean;
  /** Ready: its counterparts answer. */
  ready(): Promise<boolean>;
  metrics(): Promise<string>;
}

export interface HealthServer {
  port: number;
  close(): Promise<void>;
}

const READY_WITHIN_MS = 2_000;

/** A worker’s own small server: `/healthz`, `/readyz`, `/metrics`. */
export async function startHealthServer(options: HealthOptions): Promise<HealthServer> {
  const answer = async (path: string): Promise<[status: number, type: string, body: string]> => {
    if (path === '/healthz')
      return options.alive() ? [200, 'text/plain', 'alive\n'] : [503, 'text/plain', 'not polling\n'];
    if (path === '/readyz') {
      const late = new Promise<boolean>((resolve) => setTimeout(resolve, READY_WITHIN_MS, false).unref());
      const ready = await Promise.race([options.ready().catch(() => false), late]);
      return ready ? [200, 'text/plain', 'ready\n'] : [503, 'text/plain', 'not ready\n'];
    }
    if (path === '/metrics') return [200, 'text/plain; version=0.0.4', await options.metrics()];
    return [404, 'text/plain', 'there are /healthz, /readyz and /metrics\n'];
  };
  const server = createServer((request, response) => {
    const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
    answer(path).then(
      ([status, type, body]) => response.writeHead(status, { 'content-type': type }).end(body),
      () => response.writeHead(500).end(),
    );
  });
  server.requestTimeout = 10_000;
  await new Promise<void>((resolve, reject) =>
    server.once('error', reject).listen(options.port, options.host, resolve),
  );
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
