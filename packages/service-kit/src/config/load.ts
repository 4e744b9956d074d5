import { readFileSync } from 'node:fs';
import { GeosluiceError } from '@geosluice/jobs';
import { z } from 'zod';
import { ALL_SECTIONS } from './sections.ts';
import type { Setting } from './setting.ts';

/** Settings that belong together. */
export interface Section<S extends Record<string, Setting<unknown>> = Record<string, Setting<unknown>>> {
  title: string;
  settings: S;
  /** What only several settings together have wrong; the values are those of the settings that are right by themselves. */
  check?(values: Record<string, unknown>): string[];
}

type ValueOf<S> = S extends Setting<infer T> ? T : never;
type SectionValues<S extends Record<string, Setting<unknown>>> = { [K in keyof S]: ValueOf<S[K]> };
export type ConfigOf<T extends Record<string, Section>> = {
  [K in keyof T]: T[K] extends Section<infer S> ? SectionValues<S> : never;
};

export type Environment = Readonly<Record<string, string | undefined>>;

/** Everything that is wrong with a configuration, in one go. */
export class ConfigError extends GeosluiceError {
  readonly means = 'reject';
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super('CONFIG_INVALID', `the configuration is wrong:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`);
    this.problems = problems;
  }
}

/** Names in the GEOSLUICE_ family that are not ours to judge: tests and caches of the workspace. */
const FOREIGN = /^GEOSLUICE_(TEST_|CACHE$|CALLED_FROM$)/;

/**
 * Reads the sections a process needs from the environment.
 * @throws ConfigError with every unknown name, missing value and wrong value
 */
export function loadConfig<T extends Record<string, Section>>(sections: T, env: Environment): ConfigOf<T> {
  const problems = unknownNames(env).map(({ name, problem }) => `${name} ${problem}`);
  const config: Record<string, Record<string, unknown>> = {};
  for (const [name, section] of Object.entries(sections)) {
    const { values, wrong } = readSection(section, env);
    problems.push(...wrong);
    config[name] = values;
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return config as ConfigOf<T>;
}

/** The values of a section, and what is wrong with it: each setting by itself first, then all of them together. */
function readSection(section: Section, env: Environment): { values: Record<string, unknown>; wrong: string[] } {
  const values: Record<string, unknown> = {};
  const wrong: string[] = [];
  for (const [key, setting] of Object.entries(section.settings)) {
    const read = readSetting(setting, env);
    if (read.problem === undefined) values[key] = read.value;
    else wrong.push(read.problem);
  }
  // a setting that cannot be read would only be called missing once more
  if (wrong.length === 0) wrong.push(...(section.check?.(values) ?? []));
  return { values, wrong };
}

/** What the settings of a section have wrong together: `missing` where none of them is given; nothing while one is wrong by itself. */
export function togetherWrong(section: Section, env: Environment): Array<{ problem: string; missing: boolean }> {
  const readings = Object.values(section.settings).map((setting) => readSetting(setting, env));
  if (readings.some(({ problem }) => problem !== undefined)) return [];
  const missing = readings.every(({ source }) => source === 'absent' || source === 'default');
  return readSection(section, env).wrong.map((problem) => ({ problem, missing }));
}

type Reading = { value?: unknown; source: 'default' | 'environment' | 'file' | 'absent' | 'missing'; problem?: string };

/** One setting as the environment has it. */
export function readSetting(setting: Setting<unknown>, env: Environment): Reading {
  const raw = rawValue(setting, env);
  if (raw.problem !== undefined) return raw;
  if (raw.value === undefined) {
    if (setting.optional) return { source: 'absent' };
    return { source: 'missing', problem: `${setting.env} is missing: ${setting.describe}` };
  }
  const parsed = setting.schema.safeParse(raw.value);
  if (parsed.success) return { value: parsed.data, source: raw.source };
  const shown = setting.secret ? '' : ` (is "${String(raw.value).slice(0, 100)}")`;
  return {
    source: raw.source,
    problem: `${setting.env} ${z.flattenError(parsed.error).formErrors.join('; ')}${shown}`,
  };
}

function rawValue(setting: Setting<unknown>, env: Environment): Reading {
  const value = env[setting.env];
  const file = setting.secret ? env[`${setting.env}_FILE`] : undefined;
  if (value !== undefined && value !== '') {
    if (file === undefined || file === '') return { value, source: 'environment' };
    return { source: 'file', problem: `${setting.env} and ${setting.env}_FILE are both given; give one` };
  }
  if (file !== undefined && file !== '') {
    try {
      return { value: readFileSync(file, 'utf8').trim(), source: 'file' };
    } catch (error) {
      return { source: 'file', problem: `${setting.env}_FILE cannot be read: ${(error as Error).message}` };
    }
  }
  return setting.fallback === undefined ? { source: 'absent' } : { value: setting.fallback, source: 'default' };
}

/** Names in our family that are no settings, and what was perhaps meant. */
export function unknownNames(env: Environment): Array<{ name: string; problem: string }> {
  const known = new Set<string>();
  for (const { settings } of Object.values(ALL_SECTIONS)) {
    for (const setting of Object.values(settings)) {
      known.add(setting.env);
      if (setting.secret) known.add(`${setting.env}_FILE`);
    }
  }
  return Object.keys(env)
    .filter((name) => name.startsWith('GEOSLUICE_') && !FOREIGN.test(name) && !known.has(name))
    .map((name) => ({ name, problem: `is not a setting${nearest(name, known)}` }));
}

function nearest(name: string, known: ReadonlySet<string>): string {
  const ranked = [...known].map((other) => [distance(name, other), other] as const).sort(([a], [b]) => a - b);
  const [best] = ranked;
  return best !== undefined && best[0] <= 4 ? `; did you mean ${best[1]}?` : '';
}

/** Levenshtein's. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const substitution = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, substitution));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
