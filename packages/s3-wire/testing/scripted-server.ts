import { once } from 'node:events';
import { createServer as createHttp, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createHttps } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';

export interface ScriptedServer {
  endpoint: string;
  /** Method and path of every request, in order. */
  requests: Array<{ method: string; url: string; headers: IncomingMessage['headers']; body: Buffer }>;
  connections(): number;
  /** What each request meets; `number` counts from 1. */
  answer: (request: IncomingMessage, response: ServerResponse, number: number, body: Buffer) => void;
  /** Closes connections that idle, as servers do when it suits them. */
  hangUp(): void;
  close(): Promise<void>;
}

/** A server that answers as a test says; over TLS where it is given a certificate. */
export async function startScripted(tls?: { cert: string; key: string }): Promise<ScriptedServer> {
  const sockets = new Set<Socket>();
  let opened = 0;
  const scripted: Omit<ScriptedServer, 'endpoint' | 'close'> = {
    requests: [],
    connections: () => opened,
    answer: (_, response) => void response.end(),
    hangUp: () => {
      for (const socket of sockets) socket.end();
    },
  };
  const onRequest = (request: IncomingMessage, response: ServerResponse): void => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('error', () => {});
    const number = scripted.requests.push({
      ...{ method: request.method ?? '', url: request.url ?? '', headers: request.headers, body: Buffer.alloc(0) },
    });
    request.on('end', () => {
      const body = Buffer.concat(chunks);
      const entry = scripted.requests[number - 1];
      if (entry !== undefined) entry.body = body;
      scripted.answer(request, response, number, body);
    });
  };
  const server: Server = tls === undefined ? createHttp(onRequest) : createHttps(tls, onRequest);
  server.on(tls === undefined ? 'connection' : 'secureConnection', (socket: Socket) => {
    opened += 1;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => {});
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return Object.assign(scripted, {
    endpoint: `${tls === undefined ? 'http' : 'https'}://${tls === undefined ? '127.0.0.1' : 'localhost'}:${port}`,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  });
}
