import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { RegistrationDocument } from '../document.ts';
import type { Http } from '../http.ts';
import { read } from './catalogue.ts';

/** What a GeoNode without the app keeps with a dataset: whose it is, and which document it shows. */
export interface Mark {
  dataset: string;
  generation: number;
  /** Of the document, without generation and version. */
  digest: string;
  /** Who may see it, as it was set last. */
  access: string;
}

const markSchema = z.object({
  dataset: z.string(),
  generation: z.int(),
  digest: z.string(),
  access: z.string(),
});
const fieldSchema = z.object({ value: z.string().nullable() });

/** A sparse field of GeoNode's metadata (5.1), in which 1,024 characters have room. */
const pathOf = (pk: number): string => `/api/v2/metadata/sparse/${pk}/geosluice/`;

/** Null where there is none that can be read. */
export async function readMark(http: Http, pk: number, signal: AbortSignal): Promise<Mark | null> {
  const answer = await http.ask('GET', pathOf(pk), null, signal);
  if (answer.status === 404) return null;
  const { value } = read(answer, fieldSchema, [200]);
  try {
    return markSchema.parse(JSON.parse(value ?? 'null'));
  } catch {
    return null;
  }
}

export async function writeMark(http: Http, pk: number, mark: Mark, signal: AbortSignal): Promise<void> {
  const body = JSON.stringify({ value: JSON.stringify(mark) });
  const answer = await http.ask('PUT', pathOf(pk), body, signal);
  if (answer.status !== 200) throw answer.error();
}

export function digestOf({ generation: _, version: __, ...content }: RegistrationDocument): string {
  return createHash('sha256').update(JSON.stringify(content)).digest('hex');
}
