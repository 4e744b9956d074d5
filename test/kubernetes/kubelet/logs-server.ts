import { once } from 'node:events';
import { watch } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { Certificates } from '../certificates.ts';
import type { PodLife } from './pod.ts';

export interface LogsServer {
  readonly port: number;
  stop(): void;
}

/** The part of a kubelet's API that `kubectl logs` needs, for the API server alone. */
export async function startLogsServer(
  address: string,
  { serving, ca }: Certificates,
  find: (namespace: string, pod: string) => PodLife | undefined,
): Promise<LogsServer> {
  const [cert, key, clientCa] = await Promise.all([serving.cert, serving.key, ca].map((path) => readFile(path)));
  const tls = { cert, key, ca: clientCa, requestCert: true, rejectUnauthorized: true };
  const server: Server = createServer(tls as object, (request, response) => {
    serve(request, response, find).catch((error: Error) => {
      if (!response.headersSent) response.writeHead(500);
      response.end(error.message);
    });
  });
  server.listen(0, address);
  await once(server, 'listening');
  server.unref();
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new Error('no port');
  return {
    port: bound.port,
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  find: (namespace: string, pod: string) => PodLife | undefined,
): Promise<void> {
  const url = new URL(request.url ?? '/', 'https://kubelet');
  const [, kind, namespace = '', pod = '', container = ''] = url.pathname.split('/').map(decodeURIComponent);
  const life = kind === 'containerLogs' ? find(namespace, pod) : undefined;
  const current = life?.containers.get(container);
  if (life === undefined || current === undefined) {
    response.writeHead(404).end(`no container ${container} of ${namespace}/${pod} has run here`);
    return;
  }
  const start = current.start() - (url.searchParams.get('previous') === 'true' ? 1 : 0);
  const path = life.log(container, start);
  const follow = url.searchParams.get('follow') === 'true';
  const tail = url.searchParams.get('tailLines');
  const text = await readFile(path).catch(() => null);
  if (text === null && !follow) {
    response.writeHead(400).end(`container ${container} of ${namespace}/${pod} has no log yet`);
    return;
  }
  response.writeHead(200, { 'content-type': 'text/plain' });
  response.write(tail === null ? (text ?? '') : lastLines((text ?? '').toString(), Number(tail)));
  if (follow && text !== null)
    await followFile(path, text.length, response, current.process()?.ended ?? Promise.resolve());
  response.end();
}

function lastLines(text: string, count: number): string {
  const lines = text.split('\n');
  const complete = lines.at(-1) === '' ? lines.slice(0, -1) : lines;
  return count === 0
    ? ''
    : complete
        .slice(-count)
        .map((line) => `${line}\n`)
        .join('');
}

/** Sends what is added to a file until its writer has ended or the reader is gone. */
async function followFile(
  path: string,
  from: number,
  response: ServerResponse,
  ended: Promise<unknown>,
): Promise<void> {
  const file = await open(path, 'r');
  const over = new AbortController();
  response.once('close', () => over.abort());
  void ended.then(() => over.abort());
  let at = from;
  let reading = Promise.resolve();
  const more = (): void => {
    reading = reading.then(async () => {
      const { size } = await file.stat();
      while (at < size) {
        const { bytesRead, buffer } = await file.read(Buffer.alloc(Math.min(size - at, 1 << 20)), 0, null, at);
        at += bytesRead;
        response.write(buffer.subarray(0, bytesRead));
      }
    });
  };
  const watcher = watch(path, more);
  if (!over.signal.aborted) await once(over.signal, 'abort');
  watcher.close();
  more();
  await reading;
  await file.close();
}
