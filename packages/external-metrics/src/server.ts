import { constants } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Log } from '@geosluice/jobs';
import { type Api, createApi, type Metric } from './api.ts';
import { decideIdentity, type FrontProxy } from './authenticate.ts';
import { keepFrontProxy } from './keep-front-proxy.ts';
import { readKeyPair, watchKeyPair } from './key-pair.ts';
import { failure, type Reply } from './status.ts';

export interface MetricsServerOptions {
  host: string;
  /** 0 takes a free one. */
  port: number;
  certFile: string;
  keyFile: string;
  namespaces: readonly string[];
  metrics: readonly Metric[];
  readFrontProxy(signal: AbortSignal): Promise<FrontProxy>;
  log: Log;
  /** Milliseconds between two looks at the certificate, and at the front proxy's; see there. */
  looks?: { certificateMs?: number; proxyMs?: number; proxyAtLeastMs?: number };
}

export interface MetricsServer {
  port: number;
  /** True once it is known how the API server proves who it is: before that nobody is answered. */
  ready(): boolean;
  /** Answers what was asked already, and ends. */
  close(): Promise<void>;
}

const MAX_HEADER_BYTES = 16 * 1024;
const TIMEOUT_MS = 15_000;

/** Serves `external.metrics.k8s.io` to the API server's aggregator, and to nobody else. */
export async function startMetricsServer(options: MetricsServerOptions): Promise<MetricsServer> {
  const { certFile, keyFile, log, looks = {} } = options;
  let pair = await readKeyPair(certFile, keyFile);
  const api = createApi(options);
  const tls = () => ({
    ...pair,
    // an empty list trusts nobody; none at all would trust the whole web
    ca: proxy.current()?.ca ?? [],
    minVersion: 'TLSv1.2' as const,
    // a resumed session would carry the judgement of an authority that was replaced since
    secureOptions: constants.SSL_OP_NO_TICKET,
  });
  const proxy = keepFrontProxy({
    read: options.readFrontProxy,
    log,
    ...(looks.proxyMs === undefined ? {} : { everyMs: looks.proxyMs }),
    ...(looks.proxyAtLeastMs === undefined ? {} : { atLeastMs: looks.proxyAtLeastMs }),
    changed() {
      server.setSecureContext(tls());
      // open connections were judged by the old authority
      server.closeAllConnections();
    },
  });
  const server = createServer(
    {
      ...tls(),
      requestCert: true,
      // who shows none, or a wrong one, is told so by a Status
      rejectUnauthorized: false,
      maxHeaderSize: MAX_HEADER_BYTES,
      handshakeTimeout: TIMEOUT_MS,
      headersTimeout: TIMEOUT_MS,
      requestTimeout: TIMEOUT_MS,
      keepAliveTimeout: 120_000,
    },
    (request, response) => {
      answer(request, proxy.current(), api, log).then(
        (reply) => {
          if (reply.code === 401) proxy.doubt();
          send(request, response, reply);
        },
        (error) => {
          log.error({ error }, 'Metrics:Answer:Failed');
          response.destroy();
        },
      );
    },
  );
  server.maxConnections = 256;
  // a scan of the port is no event
  server.on('tlsClientError', () => {});
  const stopWatching = watchKeyPair({
    ...{ certFile, keyFile, first: pair, log },
    ...(looks.certificateMs === undefined ? {} : { everyMs: looks.certificateMs }),
    changed(next) {
      pair = next;
      server.setSecureContext(tls());
    },
  });
  server.listen(options.port, options.host);
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    ready: () => proxy.current() !== null,
    async close() {
      stopWatching();
      proxy.close();
      const closed = once(server, 'close');
      server.close();
      server.closeIdleConnections();
      await closed;
    },
  };
}

async function answer(request: IncomingMessage, proxy: FrontProxy | null, api: Api, log: Log): Promise<Reply> {
  const socket = request.socket as TLSSocket;
  const shown = socket.getPeerX509Certificate() !== undefined;
  const name = socket.getPeerCertificate().subject?.CN;
  const identity = decideIdentity(
    {
      verified: socket.authorized,
      // a certificate with several names is nobody's in particular
      commonName: shown ? (typeof name === 'string' ? name : '') : null,
      headers: request.headers,
    },
    proxy,
  );
  const path = request.url ?? '/';
  if ('refusal' in identity) {
    log.debug({ path, code: identity.refusal.code }, 'Metrics:Ask:Refused');
    return identity.refusal;
  }
  if (hasBody(request)) return failure(413, 'a request has no body here');
  const reply = await api(request.method ?? 'GET', path);
  log.debug({ path, user: identity.user, code: reply.code }, 'Metrics:Ask:Done');
  return reply;
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

function send(request: IncomingMessage, response: ServerResponse, { code, body }: Reply): void {
  const text = `${JSON.stringify(body)}\n`;
  response.writeHead(code, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    // what was not read would be taken for the next request, and whoever is refused need not stay
    ...(hasBody(request) || code === 401 || code === 403 ? { connection: 'close' } : {}),
  });
  response.end(request.method === 'HEAD' ? undefined : text);
}
