import { createHash } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { type Location, type Log, SILENT } from '@geosluice/jobs';
import { decodeS3Events } from '@geosluice/sources';
import { createGateway } from '../gateway.ts';
import type { GatewayOptions, Scope } from '../options.ts';
import { createMemoryPipeline, type MemoryPipeline } from './memory-pipeline.ts';

/** Keys of the tests, by what they may do. */
export const KEYS = { read: 'read-key', ingest: 'ingest-key', admin: 'admin-key' } as const;
export const EVENTS_TOKEN = 'minio-token';

export interface OpenGateway {
  url: string;
  pipeline: MemoryPipeline;
  /** What was logged: level, event and data. */
  logged: Array<{ level: keyof Log; event: string; data: Record<string, unknown> }>;
  /** One request through real HTTP; with the admin's key where none is given, with none where it is null. */
  ask(method: string, path: string, options?: AskOptions): Promise<Asked>;
  close(): Promise<void>;
}

export interface AskOptions {
  key?: string | null;
  body?: unknown;
  headers?: Record<string, string>;
}

export interface Asked {
  status: number;
  headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: answers are looked at field by field
  body: any;
}

export const sha256 = (key: string): string => createHash('sha256').update(key).digest('hex');

/** A gateway over a pipeline in memory, on a free port; closed with the test. */
export async function openGateway(context: TestContext, over: Partial<GatewayOptions> = {}): Promise<OpenGateway> {
  const pipeline = createMemoryPipeline();
  const logged: OpenGateway['logged'] = [];
  const app = await createGateway({
    pipeline,
    allowed: allowInbox,
    decodeS3Events,
    target: { bucket: 'store', prefix: 'geosluice' },
    keys: Object.entries(KEYS).map(([scope, key]) => ({ name: scope, scopes: [scope as Scope], sha256: sha256(key) })),
    eventsToken: EVENTS_TOKEN,
    metrics: async () => '# TYPE geosluice_up gauge\ngeosluice_up 1\n',
    bodyLimitBytes: 64 * 1024,
    log: logInto(logged),
    version: '0.1.0',
    ...over,
    limits: { quickMs: 150, longMs: 1_000, ...over.limits },
  });
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  const gateway: OpenGateway = {
    ...{ url, pipeline, logged },
    async ask(method, path, { key = KEYS.admin, body, headers = {} } = {}) {
      const answer = await fetch(url + path, {
        method,
        headers: {
          ...(key === null ? {} : { authorization: `Bearer ${key}` }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      });
      const text = await answer.text();
      const json = text !== '' && /json/.test(answer.headers.get('content-type') ?? '');
      return { status: answer.status, headers: answer.headers, body: json ? JSON.parse(text) : text };
    },
    close: () => app.close(),
  };
  context.after(async () => {
    pipeline.answer();
    await app.close();
  });
  return gateway;
}

function allowInbox(location: Location): boolean {
  if (location.kind === 's3') return ['inbox', 'store'].includes(location.bucket);
  return location.kind === 'https' ? new URL(location.url).host === 'data.example' : location.path.startsWith('/mnt/');
}

function logInto(logged: OpenGateway['logged']): Log {
  const levels = Object.keys(SILENT) as Array<keyof Log>;
  const entries = levels.map((level) => [
    level,
    (data: object, event: string) => logged.push({ level, event, data: data as Record<string, unknown> }),
  ]);
  return Object.fromEntries(entries) as Log;
}
