import { z } from 'zod';

/** One value of the configuration: its environment variable is its name everywhere. */
export interface Setting<T> {
  env: string;
  /** A sentence for the table in docs/configuration.md; names the unit. */
  describe: string;
  /** Reads the text of the variable. */
  schema: z.ZodType<T, string>;
  /** Text that stands for an absent variable; without one the value is required, or undefined where `optional`. */
  fallback: string | undefined;
  optional: boolean;
  /** Masked wherever it is shown, and also read from the file that `<env>_FILE` names. */
  secret: boolean;
  /** What the table shows as type, e.g. `whole number, 1–64`. */
  kind: string;
  /** The same as a JSON schema, for a value that is not text of a variable but of a document, e.g. a chart's. */
  json: JsonSchema;
}

/** As much of JSON Schema as a setting needs. */
export interface JsonSchema {
  type: 'string' | 'integer' | 'boolean' | 'array';
  enum?: readonly string[];
  pattern?: string;
  minLength?: number;
  minimum?: number;
  maximum?: number;
  maxItems?: number;
  items?: JsonSchema;
}

interface Words {
  fallback?: string;
  secret?: boolean;
}

function make<T>(
  env: string,
  describe: string,
  kind: string,
  schema: z.ZodType<T, string>,
  json: JsonSchema,
  words: Words = {},
): Setting<T> {
  const { fallback, secret = false } = words;
  return { env, describe, kind, schema, json, fallback, optional: false, secret };
}

/** The same setting, allowed to be absent. */
export function optional<T>(setting: Setting<T>): Setting<T | undefined> {
  return { ...setting, optional: true };
}

export function text(
  env: string,
  describe: string,
  words: Words & { pattern?: RegExp; hint?: string } = {},
): Setting<string> {
  const base = z.string().min(1, 'must not be empty').max(65_536);
  const schema =
    words.pattern === undefined ? base : base.regex(words.pattern, words.hint ?? `must match ${words.pattern}`);
  return make(env, describe, words.hint ?? 'text', schema, textSchema(words.pattern), words);
}

/** A text with a grammar of its own; `problemOf` says what is wrong with one, null where nothing is. */
export function written(
  env: string,
  describe: string,
  { kind, problemOf }: { kind: string; problemOf(text: string): string | null },
): Setting<string> {
  const schema = z
    .string()
    .max(65_536)
    .superRefine((text, context) => {
      const message = problemOf(text);
      if (message !== null) context.addIssue({ code: 'custom', message });
    });
  return make(env, describe, kind, schema, textSchema());
}

function textSchema(pattern?: RegExp): JsonSchema {
  return { type: 'string', minLength: 1, ...(pattern === undefined ? {} : { pattern: pattern.source }) };
}

export function secret(env: string, describe: string): Setting<string> {
  const schema = z.string().min(1, 'must not be empty').max(65_536);
  return make(env, describe, 'secret', schema, textSchema(), { secret: true });
}

export function url(
  env: string,
  describe: string,
  words: Words & { protocols?: readonly string[] } = {},
): Setting<string> {
  const protocols = words.protocols ?? ['http', 'https'];
  const schema = z
    .string()
    .refine(
      (value) => URL.canParse(value) && protocols.includes(new URL(value).protocol.slice(0, -1)),
      `must be a URL beginning with ${protocols.map((name) => `${name}://`).join(' or ')}`,
    );
  return make(env, describe, 'URL', schema, textSchema(new RegExp(`^(${protocols.join('|')})://[^/]`)), words);
}

export function whole(
  env: string,
  describe: string,
  bounds: { min: number; max: number; fallback?: number },
): Setting<number> {
  const hint = `must be a whole number from ${bounds.min} to ${bounds.max}`;
  const schema = z
    .string()
    .regex(/^-?\d+$/, hint)
    .transform(Number)
    .refine((value) => value >= bounds.min && value <= bounds.max, hint);
  const words = bounds.fallback === undefined ? {} : { fallback: String(bounds.fallback) };
  const json: JsonSchema = { type: 'integer', minimum: bounds.min, maximum: bounds.max };
  return make(env, describe, `whole number, ${bounds.min}–${bounds.max}`, schema, json, words);
}

export function flag(env: string, describe: string, fallback?: boolean): Setting<boolean> {
  const schema = z
    .string()
    .regex(/^(true|false)$/, 'must be true or false')
    .transform((value) => value === 'true');
  const words = fallback === undefined ? {} : { fallback: String(fallback) };
  return make(env, describe, 'true or false', schema, { type: 'boolean' }, words);
}

export function choice<const T extends string>(
  env: string,
  describe: string,
  choices: readonly [T, ...T[]],
  fallback?: NoInfer<T>,
): Setting<T> {
  const schema = z.string().refine((value): value is T => (choices as readonly string[]).includes(value), {
    error: `must be one of ${choices.join(', ')}`,
  }) as unknown as z.ZodType<T, string>;
  const json: JsonSchema = { type: 'string', enum: choices };
  return make(env, describe, choices.join(', '), schema, json, fallback === undefined ? {} : { fallback });
}

/** Items parted by commas or lines; spaces around them are dropped, an empty text is an empty list. */
export function list(
  env: string,
  describe: string,
  words: Words & { item?: RegExp; hint?: string; max?: number } = {},
): Setting<string[]> {
  const schema = z
    .string()
    .transform((value) =>
      value
        .split(/[,\r\n]/)
        .map((item) => item.trim())
        .filter((item) => item !== ''),
    )
    .refine((items) => items.length <= (words.max ?? 1000), `must have at most ${words.max ?? 1000} items`)
    .refine((items) => items.every((item) => words.item?.test(item) ?? true), words.hint ?? 'an item is not valid');
  const kind = words.secret ? 'secret; items parted by commas or lines' : 'comma-separated list';
  const json: JsonSchema = {
    type: 'array',
    items: textSchema(words.item ?? /^[^,\r\n]+$/),
    maxItems: words.max ?? 1000,
  };
  return make(env, describe, kind, schema, json, { fallback: '', ...words });
}
