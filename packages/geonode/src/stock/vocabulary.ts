import { z } from 'zod';
import { GeonodeError } from '../errors.ts';
import type { Http } from '../http.ts';

/** What this GeoNode knows words for. */
export interface Vocabulary {
  /** GeoNode's code of a language by its English name, lower case. */
  languages: ReadonlyMap<string, string>;
  /** Identifiers of ISO 19115 topic categories, by themselves in lower case. */
  categories: ReadonlyMap<string, string>;
  /** Ids of licences by name, lower case. */
  licences: ReadonlyMap<string, number>;
}

const optionSchema = z.object({ const: z.string().nullable(), title: z.string().optional() });
const schemaSchema = z.object({
  properties: z.object({ language: z.object({ oneOf: z.array(optionSchema) }) }),
});
const choicesSchema = z.object({
  results: z.array(z.object({ id: z.union([z.string(), z.number()]), label: z.string() })),
});

/** Asks for the vocabularies that GeoNode's own metadata editor offers. */
export async function readVocabulary(http: Http, signal: AbortSignal): Promise<Vocabulary> {
  const schema = await ask(http, '/api/v2/metadata/schema/', schemaSchema, signal);
  const [categories, licences] = await Promise.all([
    ask(http, '/api/v2/metadata/autocomplete/categories', choicesSchema, signal),
    ask(http, '/api/v2/metadata/autocomplete/licenses', choicesSchema, signal),
  ]);
  const languages = schema.properties.language.oneOf.flatMap(
    ({ const: code, title }): Array<[string, string]> =>
      code === null || title === undefined ? [] : [[title.toLowerCase(), code]],
  );
  return {
    languages: new Map(languages),
    categories: new Map(categories.results.map(({ id }) => [String(id).toLowerCase(), String(id)])),
    licences: new Map(licences.results.map(({ id, label }) => [label.toLowerCase(), Number(id)])),
  };
}

async function ask<T>(http: Http, path: string, schema: z.ZodType<T>, signal: AbortSignal): Promise<T> {
  const answer = await http.ask('GET', path, null, signal);
  if (answer.status !== 200) throw answer.error();
  const parsed = schema.safeParse(answer.json());
  if (parsed.success) return parsed.data;
  const message = `GeoNode's metadata editor is not the one of 5.1: ${path} cannot be read`;
  throw new GeonodeError('GEONODE_ANSWER', message, { subject: answer.url, cause: parsed.error });
}

const NAMES = new Intl.DisplayNames(['en'], { type: 'language', fallback: 'none' });

/** GeoNode's code of a language written as `de`, `deu`, `ger` or `German`; null where it lists none. */
export function languageOf(text: string | null, { languages }: Vocabulary): string | null {
  if (text === null) return null;
  const wanted = text.trim().toLowerCase();
  for (const code of languages.values()) if (code.toLowerCase() === wanted) return code;
  return languages.get(wanted) ?? languages.get((nameOf(wanted) ?? '').toLowerCase()) ?? null;
}

function nameOf(tag: string): string | undefined {
  try {
    return NAMES.of(tag.split(/[-_]/)[0] ?? '');
  } catch {
    // no language tag at all
    return undefined;
  }
}
