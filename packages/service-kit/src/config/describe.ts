import { type Environment, readSetting, type Section, togetherWrong, unknownNames } from './load.ts';
import { ALL_SECTIONS, PROCESSES } from './sections.ts';

/** What is in force, secrets masked: one row a setting. */
export function describeConfig(
  env: Environment,
  sections: Record<string, Section> = ALL_SECTIONS,
): Array<{ name: string; value: string; source: string }> {
  const misspelled = unknownNames(env).map(({ name, problem }) => ({ name, value: problem, source: 'wrong' }));
  const rows = Object.values(sections).flatMap(({ settings }) =>
    Object.values(settings).map((setting) => {
      const { value, source, problem } = readSetting(setting, env);
      const shown = problem ?? (value === undefined ? '–' : setting.secret ? mask(value) : String(value));
      return {
        name: setting.env,
        value: shown,
        source: problem === undefined || source === 'missing' ? source : 'wrong',
      };
    }),
  );
  const together = Object.values(sections).flatMap((section) =>
    togetherWrong(section, env).map(({ problem, missing }) => ({
      name: section.title,
      value: problem,
      source: missing ? 'missing' : 'wrong',
    })),
  );
  return [...rows, ...together, ...misspelled];
}

function mask(value: unknown): string {
  return (Array.isArray(value) ? value.length === 0 : value === '') ? '–' : '••••••';
}

/** docs/configuration.md, whole. */
export function configurationPage(): string {
  const lines = [
    '# Configuration',
    '',
    'Every process reads the environment. Unknown names and wrong values stop the start, with a list of everything that is',
    'wrong. A secret may also come from the file that `<name>_FILE` names. `geosluice config` prints what is in force.',
    '',
    'This page is generated from the schema by `npm run generate`.',
    '',
    '| process | sections |',
    '|---|---|',
    ...Object.entries(PROCESSES).map(
      ([name, sections]) =>
        `| ${name} | ${Object.values(sections)
          .map(({ title }) => title)
          .join(', ')} |`,
    ),
    '| the `geosluice` command | Command line; for `up`, `inspect` and `doctor` all others too; for `smoke` the target bucket and the sources; `sweep-uploads` reads the target bucket alone |',
  ];
  for (const { title, settings } of Object.values<Section>(ALL_SECTIONS)) {
    lines.push('', `## ${title}`, '', '| name | what | kind | default |', '|---|---|---|---|');
    for (const { env, describe, kind, fallback, optional, secret } of Object.values(settings)) {
      const shown =
        fallback === undefined ? (optional ? '' : '**required**') : fallback === '' ? '(none)' : `\`${fallback}\``;
      lines.push(
        `| \`${env}\` | ${describe} | ${secret && kind !== 'secret' && !kind.startsWith('secret') ? `${kind}, secret` : kind} | ${shown} |`,
      );
    }
  }
  return `${lines.join('\n')}\n`;
}
