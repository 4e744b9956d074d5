import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Authority, Certificate } from '../../../../test/counterparts/certificates.ts';

/** As much of an API server as tells its extensions how it proves who it is. */
export interface ApiServerStandIn {
  url: string;
  tokenFile: string;
  /** What the ConfigMap says; null for an API server without aggregation. */
  data: Record<string, string> | null;
  /** Answers with this status where set. */
  fails: number | null;
  /** How often it was asked. */
  asked: number;
  stop(): Promise<void>;
}

const TOKEN = 'the-token';

export async function startApiServer(own: Certificate, frontProxy: Authority): Promise<ApiServerStandIn> {
  const folder = await mkdtemp(join(tmpdir(), 'geosluice-api-server-'));
  const tokenFile = join(folder, 'token');
  await writeFile(tokenFile, `${TOKEN}\n`);
  const server = createServer({ cert: own.cert, key: own.key }, (request, response) => {
    standIn.asked += 1;
    const known = request.url === '/api/v1/namespaces/kube-system/configmaps/extension-apiserver-authentication';
    const allowed = request.headers.authorization === `Bearer ${TOKEN}`;
    const code = standIn.fails ?? (allowed ? (known ? 200 : 404) : 401);
    const body = { kind: 'ConfigMap', apiVersion: 'v1', data: standIn.data ?? {} };
    response.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const standIn: ApiServerStandIn = {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    tokenFile,
    data: frontProxyData(frontProxy),
    fails: null,
    asked: 0,
    async stop() {
      server.closeAllConnections();
      server.close();
      await rm(folder, { recursive: true });
    },
  };
  return standIn;
}

/** What kube-apiserver writes into the ConfigMap. */
export function frontProxyData({ cert }: Pick<Authority, 'cert'>): Record<string, string> {
  return {
    'client-ca-file': cert,
    'requestheader-allowed-names': '["front-proxy-client"]',
    'requestheader-client-ca-file': cert,
    'requestheader-extra-headers-prefix': '["X-Remote-Extra-"]',
    'requestheader-group-headers': '["X-Remote-Group"]',
    'requestheader-username-headers': '["X-Remote-User"]',
  };
}

export interface Told {
  code: number;
  body: { kind: string; message?: string; items?: Array<{ metricLabels: Record<string, string>; value: string }> };
}

/** Asks as the aggregator does: with the front proxy's certificate, and the user in a header. */
export async function askMetrics(
  to: { port: number; ca: string },
  path: string,
  as: { certificate?: Certificate; headers?: Record<string, string>; body?: string } = {},
): Promise<Told> {
  const { promise, resolve, reject } = Promise.withResolvers<Told>();
  const asking = request(
    {
      ...{ host: '127.0.0.1', port: to.port, ca: to.ca, path, agent: false },
      ...(as.certificate === undefined ? {} : { cert: as.certificate.cert, key: as.certificate.key }),
      headers: { 'x-remote-user': 'system:hpa', ...as.headers },
      ...(as.body === undefined ? {} : { method: 'POST' }),
    },
    (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk) => {
        text += chunk;
      });
      response.on('end', () => {
        const body = text.startsWith('{') ? JSON.parse(text) : { kind: text };
        resolve({ code: response.statusCode ?? 0, body });
      });
    },
  );
  asking.on('error', reject);
  asking.end(as.body);
  return await promise;
}
