import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments, type Tags } from 'yaml';
import { kubernetesTools, type Ran, runProgram } from '../../counterparts/helm.ts';
import type { Manifest } from './manifests.ts';

/** The repository's folder. */
export const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..');
export const CHARTS = ['geosluice', 'geonode'] as const;
export type Chart = (typeof CHARTS)[number];

/** The oldest and the newest Kubernetes the charts are made for. */
export const KUBERNETES = ['1.30', '1.37'] as const;

export interface Inputs {
  /** Values files, from the repository's folder, in order. */
  files?: readonly string[];
  /** Values over those of the files. */
  values?: Record<string, unknown>;
  /** `--set key=value`, over the values. */
  set?: readonly string[];
  release?: string;
  namespace?: string;
  /** `1.30`; the newest supported one where absent. */
  kubeVersion?: string;
  /** API versions the cluster serves besides Kubernetes' own, e.g. `monitoring.coreos.com/v1`. */
  apiVersions?: readonly string[];
  isUpgrade?: boolean;
}

const rendered = new Map<string, Promise<Ran>>();

/**
 * What `helm template` makes of a chart, hooks and tests included. Rendered once a process for the same inputs; each caller
 * gets documents of its own. What a template looks up in the cluster is empty.
 */
export async function render(chart: Chart, inputs: Inputs = {}): Promise<Manifest[]> {
  return manifestsOf(await renderText(chart, inputs));
}

/** The same as text. */
export async function renderText(chart: Chart, inputs: Inputs = {}): Promise<string> {
  const { code, stdout, stderr } = await template(chart, inputs);
  if (code !== 0) throw new Error(`charts/${chart} does not render: ${stderr.trim()}`);
  return stdout;
}

/** Why the chart refuses these inputs: Helm's sentence. It is an error if it takes them. */
export async function refused(chart: Chart, inputs: Inputs): Promise<string> {
  const { code, stderr } = await template(chart, inputs);
  if (code === 0) throw new Error(`charts/${chart} takes what it ought to refuse: ${JSON.stringify(inputs)}`);
  return stderr.trim();
}

/** YAML as Kubernetes reads it: 1.1 (`on` is a boolean, `0644` octal), but `10:20` and a date stay text. */
const AS_KUBERNETES = {
  version: '1.1',
  customTags: (tags: Tags): Tags =>
    tags.filter((tag) => typeof tag !== 'object' || (tag.format !== 'TIME' && !tag.tag.endsWith(':timestamp'))),
} as const;

/** The documents of a YAML text; one that is no Kubernetes object, or names a key twice, is an error. */
export function manifestsOf(text: string): Manifest[] {
  return parseAllDocuments(text, AS_KUBERNETES).flatMap((document) => {
    if (document.errors[0] !== undefined) throw document.errors[0];
    const object: unknown = document.toJS();
    if (object === null || object === undefined) return [];
    const { apiVersion, kind, metadata } = object as Partial<Manifest>;
    if (apiVersion === undefined || kind === undefined || typeof metadata?.name !== 'string')
      throw new Error(`not a Kubernetes object: ${JSON.stringify(object).slice(0, 200)}`);
    return [object as Manifest];
  });
}

/** What Helm is to be called with, after `helm template` or `helm lint`. */
export function valueArguments({ files = [], values, set = [] }: Inputs): string[] {
  return [
    ...files.flatMap((file) => ['--values', join(ROOT, file)]),
    ...(values === undefined ? [] : ['--values', '-']),
    ...set.flatMap((assignment) => ['--set', assignment]),
  ];
}

function template(chart: Chart, inputs: Inputs): Promise<Ran> {
  const key = JSON.stringify([chart, inputs]);
  const running = rendered.get(key) ?? runTemplate(chart, inputs);
  rendered.set(key, running);
  return running;
}

async function runTemplate(chart: Chart, inputs: Inputs): Promise<Ran> {
  const { helm } = await kubernetesTools();
  const { release = chart, namespace = 'default', kubeVersion = KUBERNETES[1], apiVersions = [], isUpgrade } = inputs;
  return runProgram(
    helm,
    [
      'template',
      release,
      join(ROOT, 'charts', chart),
      '--namespace',
      namespace,
      '--kube-version',
      kubeVersion,
      ...apiVersions.flatMap((version) => ['--api-versions', version]),
      ...(isUpgrade === true ? ['--is-upgrade'] : []),
      ...valueArguments(inputs),
    ],
    inputs.values === undefined ? {} : { input: JSON.stringify(inputs.values) },
  );
}

/** A file of the repository as text; a page that is not written yet is empty. */
export function readPage(path: string): string {
  const file = join(ROOT, path);
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}
