import { z } from 'zod';
import { BatchDivisible } from './batcher.ts';
import { type BatchOptions, createBatchingRegistrar } from './batching-registrar.ts';
import { GeonodeError } from './errors.ts';
import { createHttp, type HttpOptions } from './http.ts';
import type { Registrar } from './registrar.ts';

/** A batch counts as one request. */
export interface HttpRegistrarOptions extends HttpOptions, BatchOptions {}

const BASE = '/api/geosluice/v1';
const answersSchema = z.object({ answers: z.array(z.unknown()) });
const MEMBERS = { register: 'registrations', unregister: 'unregistrations', lookup: 'lookups' } as const;

/** Registers over HTTP, through the endpoint that the Django app adds to GeoNode. */
export function createHttpRegistrar(options: HttpRegistrarOptions): Registrar {
  const http = createHttp(options);
  const ask = async (method: 'GET' | 'POST', path: string, body: string | null, signal: AbortSignal) => {
    const answer = await http.ask(method, `${BASE}/${path}`, body, signal);
    if (answer.status === 200) return answer.json();
    throw answer.status === 413 ? new BatchDivisible(answer.error()) : answer.error();
  };

  return createBatchingRegistrar(
    {
      async send(action, documents, signal) {
        const body = JSON.stringify({ [MEMBERS[action]]: documents });
        const parsed = answersSchema.safeParse(await ask('POST', MEMBERS[action], body, signal));
        if (parsed.success) return parsed.data.answers;
        const subject = `${options.url}${BASE}`;
        throw new GeonodeError('GEONODE_ANSWER', 'GeoNode gave no answers', { subject, cause: parsed.error });
      },
      health: (signal) => ask('GET', 'health', null, signal),
      close: () => http.close(),
    },
    options,
  );
}
