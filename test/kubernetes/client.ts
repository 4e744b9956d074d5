import { readFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { Agent, type RequestOptions, request } from 'node:https';
import { text } from 'node:stream/consumers';

/** What every stored object has; the rest is for the caller to name. */
export interface KubernetesObject {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
}

export interface ObjectMeta {
  name: string;
  namespace?: string;
  uid?: string;
  resourceVersion?: string;
  generation?: number;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  creationTimestamp?: string;
  deletionTimestamp?: string;
  deletionGracePeriodSeconds?: number;
  finalizers?: string[];
  ownerReferences?: { kind: string; name: string; uid: string }[];
}

export interface KubernetesList<T> {
  metadata: { resourceVersion: string };
  items: T[];
}

/** An answer other than 2xx, with the API server's own sentence. */
export class KubernetesError extends Error {
  override name = 'KubernetesError';
  readonly status: number;
  readonly reason: string;
  constructor(method: string, path: string, status: number, body: string) {
    const { message = body, reason = '' } = parseStatus(body);
    super(`${method} ${path}: ${status} ${message}`);
    this.status = status;
    this.reason = reason;
  }
}

export type PatchType = 'merge' | 'strategic-merge' | 'apply';

/** A small client of the Kubernetes API: paths in, JSON out. */
export interface KubernetesClient {
  get<T = KubernetesObject>(path: string): Promise<T>;
  /** The object, or null where there is none. */
  find<T = KubernetesObject>(path: string): Promise<T | null>;
  list<T = KubernetesObject>(path: string): Promise<KubernetesList<T>>;
  create<T = KubernetesObject>(path: string, body: object): Promise<T>;
  replace<T = KubernetesObject>(path: string, body: object): Promise<T>;
  patch<T = KubernetesObject>(path: string, body: object, type?: PatchType): Promise<T>;
  /** An object that is gone already is no error. */
  delete(path: string, options?: object): Promise<void>;
  /** An open answer, for watches and logs. */
  open(path: string, signal: AbortSignal): Promise<IncomingMessage>;
  /** Resolves where a server with this cluster's identity answers 2xx. */
  reach(url: string): Promise<void>;
  /** The same API with a service account's token in place of the certificate. */
  withToken(token: string): KubernetesClient;
  close(): void;
}

export interface ClientIdentity {
  url: string;
  /** Paths of PEM files. */
  ca: string;
  cert: string;
  key: string;
}

export async function kubernetesClient(identity: ClientIdentity): Promise<KubernetesClient> {
  const [ca, cert, key] = await Promise.all([identity.ca, identity.cert, identity.key].map((path) => readFile(path)));
  return clientOf(identity.url, { ca, cert, key } as { ca: Buffer; cert: Buffer; key: Buffer });
}

function clientOf(
  base: string,
  tls: { ca: Buffer; cert?: Buffer; key?: Buffer },
  headers: Record<string, string> = {},
): KubernetesClient {
  const agent = new Agent({ ...tls, keepAlive: true, maxSockets: 128 });

  const send = (method: string, path: string, options: RequestOptions, body?: object): Promise<IncomingMessage> => {
    const payload = body === undefined ? '' : JSON.stringify(body);
    // a DELETE's body is not sent without its length
    const length = payload === '' ? {} : { 'content-length': Buffer.byteLength(payload) };
    return new Promise((resolve, reject) => {
      const sent = request(
        new URL(path, base),
        {
          ...options,
          method,
          agent,
          headers: { accept: 'application/json', ...headers, ...length, ...options.headers } as Record<string, string>,
        },
        resolve,
      );
      sent.on('error', reject);
      sent.end(payload);
    });
  };

  const ask = async <T>(method: string, path: string, body?: object, type = 'application/json'): Promise<T> => {
    const contentType = body === undefined ? {} : { 'content-type': type };
    const response = await send(method, path, { headers: contentType, timeout: 60_000 }, body);
    const answer = await text(response);
    const status = response.statusCode ?? 0;
    if (status < 200 || status > 299) throw new KubernetesError(method, path, status, answer);
    return (response.headers['content-type']?.includes('json') ? JSON.parse(answer) : answer) as T;
  };

  const find = async <T>(path: string): Promise<T | null> =>
    ask<T>('GET', path).catch((error) => {
      if (isStatus(error, 404)) return null;
      throw error;
    });

  return {
    get: (path) => ask('GET', path),
    find,
    list: (path) => ask('GET', path),
    create: (path, body) => ask('POST', path, body),
    replace: (path, body) => ask('PUT', path, body),
    patch: (path, body, type = 'merge') =>
      ask('PATCH', path, body, `application/${type}-patch+${type === 'apply' ? 'yaml' : 'json'}`),
    delete: async (path, options) => {
      await ask('DELETE', path, { apiVersion: 'v1', kind: 'DeleteOptions', ...options }).catch((error) => {
        if (!isStatus(error, 404)) throw error;
      });
    },
    open: async (path, signal) => {
      const response = await send('GET', path, { signal });
      const status = response.statusCode ?? 0;
      if (status === 200) return response;
      throw new KubernetesError('GET', path, status, await text(response));
    },
    reach: async (url) => {
      await ask('GET', url);
    },
    withToken: (token) => clientOf(base, { ca: tls.ca }, { authorization: `Bearer ${token}` }),
    close: () => agent.destroy(),
  };
}

export function isStatus(error: unknown, status: number): error is KubernetesError {
  return error instanceof KubernetesError && error.status === status;
}

function parseStatus(body: string): { message?: string; reason?: string } {
  try {
    return JSON.parse(body) as { message?: string; reason?: string };
  } catch {
    return {};
  }
}
