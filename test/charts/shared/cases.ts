import { globSync } from 'node:fs';
import { basename } from 'node:path';
import { parse } from 'yaml';
import type { Manifest } from './manifests.ts';
import { CHARTS, type Chart, type Inputs, ROOT, readPage, render } from './render.ts';

/** What clusters may serve besides Kubernetes' own: templates ask for it. */
export const FURTHER_APIS = [
  'monitoring.coreos.com/v1',
  'gateway.networking.k8s.io/v1',
  'keda.sh/v1alpha1',
  'cert-manager.io/v1',
] as const;

/** Values that are documented: a file of examples, or a block of a page. */
export interface Case {
  chart: Chart;
  /** `charts/geosluice/examples/x.yaml`, `docs/deploy.md, 2nd block`, `default values`. */
  title: string;
  inputs: Inputs;
}

/** Pages with values in them: a block that begins with three backquotes and `yaml charts/<chart>` is values of that chart. */
export const PAGES: readonly string[] = globSync(
  ['README.md', 'docs/**/*.md', 'charts/**/README.md', 'docker/**/*.md'],
  {
    cwd: ROOT,
    exclude: (name) => name.includes('node_modules'),
  },
).sort();

/** The default values, every file of examples and every block of values in the pages. */
export function documentedCases(): Case[] {
  return [...CHARTS.map(byDefault), ...CHARTS.flatMap(examples), ...PAGES.flatMap(blocks)];
}

function byDefault(chart: Chart): Case {
  return { chart, title: 'default values', inputs: installed(chart, {}) };
}

function examples(chart: Chart): Case[] {
  const files = globSync(`charts/${chart}/examples/*.yaml`, { cwd: ROOT }).sort();
  return files.map((file) => {
    // an example for the other chart's neighbour says so by its name: charts/geonode/examples/geosluice.yaml
    const other = CHARTS.find((name) => name !== chart && basename(file, '.yaml').split('-')[0] === name);
    return {
      chart: other ?? chart,
      title: file,
      inputs: installed(other ?? chart, { files: [...needed(file), file] }),
    };
  });
}

/** Files that an example goes on top of, as its comment says: `# after: charts/geosluice/examples/production.yaml`. */
function needed(file: string): string[] {
  return [...readPage(file).matchAll(/^# after: (\S+\.yaml)/gm)].map(([, path = '']) => path);
}

export interface Block {
  page: string;
  line: number;
  /** What follows the three backquotes. */
  info: string;
  text: string;
}

/** The fenced blocks of a page. */
export function fencedBlocks(page: string): Block[] {
  const text = readPage(page);
  return [...text.matchAll(/^( *)```(\w[^\n]*)\n([\s\S]*?)^\1```$/gm)].map((found) => ({
    page,
    line: text.slice(0, found.index).split('\n').length,
    info: (found[2] ?? '').trim(),
    text: found[3] ?? '',
  }));
}

function blocks(page: string): Case[] {
  return fencedBlocks(page).flatMap(({ line, info, text }) => {
    const chart = CHARTS.find((name) => info.split(' ').includes(`charts/${name}`));
    if (chart === undefined) return [];
    const values = parse(text) as Record<string, unknown>;
    return [{ chart, title: `${page}:${line}`, inputs: installed(chart, { values }) }];
  });
}

function installed(chart: Chart, inputs: Inputs): Inputs {
  return { release: chart, namespace: 'geo', apiVersions: FURTHER_APIS, ...inputs };
}

/** The objects of a case for a version of Kubernetes. */
export function renderCase({ chart, inputs }: Case, kubeVersion: string): Promise<Manifest[]> {
  return render(chart, { ...inputs, kubeVersion });
}
