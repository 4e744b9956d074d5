import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface HealthOptions {
  host: string;
  port: number;
  /** Alive: the process makes progress. False makes an orchestrator restart it; no answer in time is taken for true. */
  alive(): boolean | Promise<boolean>;
  /** Ready: its counterparts answer. No answer in time is taken for false. */
  ready(): Promise<boolean>;
  metrics(): Promise<string>;
}

export interface HealthServer {
  port: number;
  /** Says from now on that the process is not ready: it ends. */
  drain(): void;
  close(): Promise<void>;
}

const WITHIN_MS = 2_000;

/** A worker’s own small server: `/healthz`, `/readyz`, `/metrics`. */
export async function startHealthServer(options: HealthOptions): Promise<HealthServer> {
  let draining = false;
  const answer = async (path: string): Promise<[status: number, type: string, body: string]> => {
    if (path === '/healthz') {
      const alive = await inTime(async () => await options.alive(), true);
      return alive ? [200, 'text/plain', 'alive\n'] : [503, 'text/plain', 'not polling\n'];
    }
    if (path === '/readyz') {
      if (draining) return [503, 'text/plain', 'ending\n'];
      const ready = await inTime(() => options.ready(), false);
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
    drain() {
      draining = true;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** What a look finds, or `otherwise` where it fails or takes too long. */
async function inTime(look: () => Promise<boolean>, otherwise: boolean): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(resolve, WITHIN_MS, otherwise);
  look().then(resolve, () => resolve(otherwise));
  return await promise.finally(() => clearTimeout(timer));
}
