import { z } from 'zod';
import { GeonodeError } from '../errors.ts';
import type { Http, HttpAnswer } from '../http.ts';
import { type Patience, taskDone } from './task.ts';

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
export async function removeDataset(http: Http, pk: number, patience: Patience): Promise<void> {
  const { signal } = patience;
  const answer = await http.ask('DELETE', `/api/v2/resources/${pk}/delete`, null, signal);
  if (answer.status !== 200 && answer.status !== 404) throw answer.error();
  const isGone = async (): Promise<true | null> => {
    const { status, error } = await http.ask('GET', `/api/v2/datasets/${pk}/`, null, signal);
    if (status !== 200 && status !== 404) throw error();
    return status === 404 || null;
  };
  await taskDone(`the removal of dataset ${pk}`, isGone, patience);
}

/**
 * Runs one of the management commands that GeoNode opens to administrators, to its end.
 * @returns what it wrote
 */
export async function runCommand(
  http: Http,
  command: string,
  options: Readonly<Record<string, unknown>>,
  patience: Patience,
): Promise<string> {
  const body = JSON.stringify({ args: [], kwargs: options, autostart: true });
  const started = await http.ask('POST', `/api/v2/management/commands/${command}/`, body, patience.signal);
  let { data: job } = read(started, createdJobSchema, [201]);
  const isFinished = async (): Promise<typeof job | null> => {
    if (job.status === 'FINISHED') return job;
    job = read(await http.ask('GET', `/api/v2/management/jobs/${job.id}/`, null, patience.signal), jobSchema, [200]);
    return null;
  };
  const { output_message: said } = await taskDone(`the command ${command}`, isFinished, patience);
  return (said ?? '').trim().slice(-TAIL);
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
