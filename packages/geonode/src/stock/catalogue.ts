import { setTimeout as wait } from 'node:timers/promises';
import { z } from 'zod';
import { GeonodeError } from '../errors.ts';
import type { Http, HttpAnswer } from '../http.ts';

/** A dataset as GeoNode's API lists it. */
export interface Listed {
  pk: number;
  uuid: string;
  url: string;
}

const datasetsSchema = z.object({
  datasets: z.array(z.object({ pk: z.coerce.number().int(), uuid: z.string(), detail_url: z.string() })),
});
const jobSchema = z.object({ id: z.int(), status: z.string(), output_message: z.string().nullish() });
const createdJobSchema = z.object({ data: jobSchema });

const POLL_MS = 500;
const TAIL = 500;

/** The dataset that shows a layer, `workspace:name`; null where there is none. The oldest, where it is doubled. */
export async function findDataset(http: Http, alternate: string, signal: AbortSignal): Promise<Listed | null> {
  const query = new URLSearchParams({ 'filter{alternate}': alternate, page_size: '2', 'sort[]': 'pk' });
  const answer = await http.ask('GET', `/api/v2/datasets/?${query}`, null, signal);
  const [first] = read(answer, datasetsSchema, [200]).datasets;
  if (first === undefined) return null;
  return { pk: first.pk, uuid: first.uuid, url: new URL(first.detail_url, answer.url).href };
}

/** Takes a dataset away as GeoNode's own pages do, its layer and store in GeoServer with it. One that is gone is gone. */
export async function removeDataset(http: Http, pk: number, signal: AbortSignal): Promise<void> {
  const answer = await http.ask('DELETE', `/api/v2/datasets/${pk}/`, null, signal);
  if (![200, 202, 204, 404].includes(answer.status)) throw answer.error();
}

/**
 * Runs one of the management commands that GeoNode opens to administrators, to its end.
 * @returns what it wrote
 * @throws GeonodeError GEONODE_TIMEOUT where it has not ended in time: it may still be waiting for a Celery worker
 */
export async function runCommand(
  http: Http,
  command: string,
  options: Readonly<Record<string, unknown>>,
  { withinMs, signal }: { withinMs: number; signal: AbortSignal },
): Promise<string> {
  const body = JSON.stringify({ args: [], kwargs: options, autostart: true });
  const started = await http.ask('POST', `/api/v2/management/commands/${command}/`, body, signal);
  let { data: job } = read(started, createdJobSchema, [201]);
  const end = Date.now() + withinMs;
  while (job.status !== 'FINISHED') {
    if (Date.now() > end) {
      const message = `${command} has not ended after ${withinMs / 1000} s (it is ${job.status}); does a Celery worker of GeoNode take the queue management_commands_http?`;
      throw new GeonodeError('GEONODE_TIMEOUT', message, { subject: started.url });
    }
    await wait(POLL_MS, undefined, { signal });
    job = read(await http.ask('GET', `/api/v2/management/jobs/${job.id}/`, null, signal), jobSchema, [200]);
  }
  return (job.output_message ?? '').trim().slice(-TAIL);
}

/** @throws GeonodeError for a status that was not expected, and GEONODE_ANSWER for another shape */
export function read<T>(answer: HttpAnswer, schema: z.ZodType<T>, expected: readonly number[]): T {
  if (!expected.includes(answer.status)) throw answer.error();
  const parsed = schema.safeParse(answer.json());
  if (parsed.success) return parsed.data;
  throw new GeonodeError('GEONODE_ANSWER', `an answer of GeoNode cannot be read: ${answer.url}`, {
    subject: answer.url,
    cause: parsed.error,
  });
}
