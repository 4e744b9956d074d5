import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rulesJsonSchema } from '../packages/rules/src/index.ts';
import {
  ALL_SECTIONS,
  type JsonSchema,
  PROCESSES,
  type Section,
  type Setting,
} from '../packages/service-kit/src/index.ts';
import { chartSchema, type Schema } from './chart-schema.ts';

/** Settings whose default in a cluster is not that of one machine: the chart's templates give it. */
const GIVEN_BY_CHART: ReadonlySet<string> = new Set(['GEOSLUICE_URL']);

const CHART = 'charts/geosluice';
const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Sections the `geosluice` command reads where the chart runs it. */
const COMMANDS: Record<string, readonly string[]> = {
  'sweep-uploads': ['target'],
  smoke: ['client', 'target', 'source'],
};

/** A setting as the chart's templates need it. */
export interface ChartSetting {
  section: string;
  key: string;
  env: string;
  describe: string;
  type: JsonSchema['type'];
  secret: boolean;
  /** As text; empty where there is none. */
  default: string;
  /** Neither optional nor with a default: somebody must give it. */
  required: boolean;
}

/** charts/geosluice/files/settings.json. */
export interface ChartSettings {
  settings: ChartSetting[];
  /** Sections each process reads, by process. */
  processes: Record<string, readonly string[]>;
}

/** Id of a section in the chart's values: `EXTERNAL_METRICS` is `externalMetrics`. */
function sectionId(name: string): string {
  return name.toLowerCase().replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

const sections = (): Array<[id: string, section: Section]> =>
  Object.entries<Section>(ALL_SECTIONS).map(([name, section]) => [sectionId(name), section]);

/** Every setting and who reads it, for the templates. */
export function chartSettings(): ChartSettings {
  const settings = sections().flatMap(([section, { settings }]) =>
    Object.entries(settings).map(
      ([key, setting]): ChartSetting => ({
        ...{ section, key, env: setting.env, describe: setting.describe, type: setting.json.type },
        default: setting.fallback ?? '',
        ...{ secret: setting.secret, required: !setting.optional && setting.fallback === undefined },
      }),
    ),
  );
  const read = Object.entries(PROCESSES).map(([name, sections]): [string, string[]] => [name, Object.keys(sections)]);
  return { settings, processes: { ...Object.fromEntries(read), ...COMMANDS } };
}

/** A section of `config` as a schema. */
function sectionSchema({ title, settings }: Section): Schema {
  const properties = Object.entries(settings).map(([key, setting]): [string, Schema] => [key, settingSchema(setting)]);
  return {
    type: 'object',
    description: title,
    additionalProperties: false,
    properties: Object.fromEntries(properties),
  };
}

function settingSchema(setting: Setting<unknown>): Schema {
  const { type, enum: choices, ...rest } = setting.json;
  return {
    description: `${setting.describe} (${setting.env})`,
    type: [type, 'null'],
    ...rest,
    ...(choices === undefined ? {} : { enum: [...choices, null] }),
    default: defaultOf(setting),
  };
}

/** Where a Secret of the reader's may hold settings of a section. */
function secretSchema({ settings }: Section): Schema {
  const key = { type: 'string', minLength: 1 };
  const keys = Object.fromEntries(Object.keys(settings).map((name) => [name, key]));
  return {
    type: 'object',
    additionalProperties: false,
    properties: {
      existingSecret: { type: 'string' },
      keys: { type: 'object', additionalProperties: false, properties: keys },
    },
  };
}

function defaultOf({ env, fallback, json }: Setting<unknown>): string | number | boolean | string[] | null {
  if (json.type === 'array') return (fallback ?? '') === '' ? [] : (fallback ?? '').split(',');
  if (fallback === undefined || GIVEN_BY_CHART.has(env)) return null;
  if (json.type === 'integer') return Number(fallback);
  return json.type === 'boolean' ? fallback === 'true' : fallback;
}

/** charts/geosluice/values.schema.json: the settings of the code, and what the chart adds. */
function valuesSchema(): Schema {
  const config = Object.fromEntries(sections().map(([id, section]) => [id, sectionSchema(section)]));
  const withSecrets = sections().filter(([, { settings }]) => Object.values(settings).some(({ secret }) => secret));
  const secrets = Object.fromEntries(withSecrets.map(([id, section]) => [id, secretSchema(section)]));
  return chartSchema({ config, secrets, rules: rulesJsonSchema() });
}

/** The lines of values.yaml that name every setting. */
function configLines(): string[] {
  return sections().flatMap(([id, { settings }]) => [
    `  ${id}:`,
    ...Object.entries(settings).flatMap(([key, setting]) => [
      ...comment(`${setting.describe} \`${setting.env}\`${kindOf(setting)}`),
      `    ${key}: ${JSON.stringify(defaultOf(setting))}`,
    ]),
  ]);
}

function kindOf({ kind, json, secret }: Setting<unknown>): string {
  const told = json.type === 'array' ? 'list' : kind;
  return `: ${told}${secret && !told.includes('secret') ? ', secret' : ''}.`;
}

/** A comment of the values' documentation, at most 120 wide. */
function comment(text: string): string[] {
  const lines = ['    # --'];
  for (const word of text.split(' ')) {
    if (`${lines.at(-1)} ${word}`.length > 120) lines.push('    #');
    lines.push(`${lines.pop()} ${word}`);
  }
  return lines;
}

const BEGIN = '  # config:begin (npm run generate)\n';
const END = '  # config:end\n';

/** values.yaml with its generated lines made anew; all else is written by hand. */
function valuesFile(): string {
  const there = readFileSync(join(root, CHART, 'values.yaml'), 'utf8');
  const [begin, end] = [there.indexOf(BEGIN), there.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`${CHART}/values.yaml has lost its config:begin and config:end`);
  return `${there.slice(0, begin + BEGIN.length)}${configLines().join('\n')}\n${there.slice(end)}`;
}

/** What charts/geosluice takes from the code, by its path. */
export function chartPages(): Record<string, string> {
  const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;
  return {
    [`${CHART}/files/settings.json`]: json(chartSettings()),
    [`${CHART}/values.schema.json`]: json(valuesSchema()),
    [`${CHART}/values.yaml`]: valuesFile(),
  };
}
