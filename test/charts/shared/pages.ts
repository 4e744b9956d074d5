import { existsSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fencedBlocks, PAGES } from './cases.ts';
import { CHARTS, type Chart, type Inputs, ROOT, readPage } from './render.ts';

/** Commands of a page's shell blocks, continued lines joined. */
export function commands(page: string): string[] {
  return (
    fencedBlocks(page)
      .filter(({ info }) => ['sh', 'shell', 'console'].includes(info))
      .flatMap(({ text }) => text.replace(/\\\n\s*/g, ' ').split('\n'))
      // what is told behind a # is no part of it
      .map((line) =>
        line
          .replace(/^\$ /, '')
          .replace(/ +# .*$/, '')
          .trim(),
      )
      .filter((line) => line !== '' && !line.startsWith('#'))
  );
}

export interface Install {
  page: string;
  command: string;
  chart: Chart;
  inputs: Inputs;
}

/** Every `helm install` and `helm upgrade` of one of our charts that the pages tell. */
export function installs(page: string): Install[] {
  return commands(page).flatMap((command) => {
    const words = command.split(/\s+/);
    const at = words.indexOf('helm');
    const [verb, release = ''] = words.slice(at + 1);
    const chart = CHARTS.find((name) => words.includes(`charts/${name}`));
    if (at < 0 || chart === undefined || (verb !== 'install' && verb !== 'upgrade')) return [];
    const after = (...names: string[]) => words.filter((_, index) => names.includes(words[index - 1] ?? ''));
    const namespace = after('--namespace', '-n')[0];
    const inputs: Inputs = { release, files: after('--values', '-f'), set: after('--set') };
    return [{ page, command, chart, inputs: namespace === undefined ? inputs : { ...inputs, namespace } }];
  });
}

/** Links of a page that lead nowhere: to a file that is not there, or a heading that a page does not have. */
export function deadLinks(page: string): string[] {
  const prose = readPage(page).replace(/```[\s\S]*?```/g, '');
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = '']) => target)
    .filter((target) => !/^[a-z]+:/.test(target) && !leads(page, target));
}

function leads(page: string, target: string): boolean {
  const [path = '', heading] = target.split('#');
  const file = path === '' ? page : normalize(join(dirname(page), path));
  if (!existsSync(join(ROOT, file))) return false;
  return heading === undefined || headings(file).includes(heading);
}

/** Names by which headings of a page are linked to. */
function headings(page: string): string[] {
  return [...readPage(page).matchAll(/^#+ (.+)$/gm)].map(([, text = '']) =>
    text
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

export { PAGES };
