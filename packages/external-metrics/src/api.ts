import { quantityOf } from './quantity.ts';
import { parseSelector } from './selector.ts';
import { failure, type Reply } from './status.ts';

export const GROUP = 'external.metrics.k8s.io';
export const GROUP_VERSION = `${GROUP}/v1beta1`;

/** One value of a metric, now. */
export interface MetricValue {
  labels: Readonly<Record<string, string>>;
  value: number;
}

export interface Metric {
  name: string;
  /** Reads it afresh; a failure is an answer without a value, on which autoscalers do nothing. */
  read(): Promise<readonly MetricValue[]>;
}

export interface ApiOptions {
  metrics: readonly Metric[];
  /** Namespaces that are answered. */
  namespaces: readonly string[];
  now?: () => Date;
}

/** Answers what the aggregator passes on, once it is known who asks. `path` comes with its query. */
export type Api = (method: string, path: string) => Promise<Reply>;

const METRIC_PATH = new RegExp(`^/apis/${GROUP_VERSION.replaceAll('.', '\\.')}/namespaces/([^/]+)/([^/]+)$`);

export function createApi({ metrics, namespaces, now = () => new Date() }: ApiOptions): Api {
  const documents = discovery(metrics.map(({ name }) => name));
  return async (method, path) => {
    if (method !== 'GET' && method !== 'HEAD') return failure(405, `${method} is not allowed: metrics are only read`);
    const query = path.indexOf('?');
    const name = (query < 0 ? path : path.slice(0, query)).replace(/(?<=.)\/$/, '');
    const body = documents.get(name);
    if (body !== undefined) return { code: 200, body };
    const [, namespace, metricName] = METRIC_PATH.exec(name) ?? [];
    if (namespace === undefined) return failure(404, 'the server could not find the requested resource');
    if (!namespaces.includes(namespace)) {
      return failure(
        404,
        `no metric of the namespace "${shown(namespace)}" is served here, only of ${namespaces.join(', ')}`,
      );
    }
    const metric = metrics.find((each) => each.name === metricName);
    if (metric === undefined) return failure(404, `no metric is named "${shown(metricName ?? '')}"`);
    const selector = parseSelector(new URLSearchParams(path.slice(query + 1)).get('labelSelector') ?? '');
    if (selector === null) return failure(400, 'labelSelector is not a label selector');
    return await valuesOf(metric, selector, now);
  };
}

async function valuesOf(
  metric: Metric,
  selector: (labels: Readonly<Record<string, string>>) => boolean,
  now: () => Date,
): Promise<Reply> {
  let values: readonly MetricValue[];
  try {
    values = await metric.read();
  } catch (error) {
    return failure(503, `${metric.name} cannot be read now: ${error instanceof Error ? error.message : String(error)}`);
  }
  // Kubernetes' times have no fractions of a second
  const timestamp = now()
    .toISOString()
    .replace(/\.\d+Z$/, 'Z');
  const items = values
    .filter(({ labels }) => selector(labels))
    .map(({ labels, value }) => ({
      metricName: metric.name,
      metricLabels: labels,
      timestamp,
      value: quantityOf(value),
    }));
  return { code: 200, body: { kind: 'ExternalMetricValueList', apiVersion: GROUP_VERSION, metadata: {}, items } };
}

/** What asks about the API itself is answered with, by path. */
function discovery(names: readonly string[]): Map<string, unknown> {
  const version = { groupVersion: GROUP_VERSION, version: 'v1beta1' };
  const group = { name: GROUP, versions: [version], preferredVersion: version };
  const resources = names.map((name) => ({
    ...{ name, singularName: '', namespaced: true, kind: 'ExternalMetricValueList', verbs: ['get'] },
  }));
  const info = { title: 'geosluice external metrics', version: 'v1beta1' };
  return new Map<string, unknown>([
    ['/apis', { kind: 'APIGroupList', apiVersion: 'v1', groups: [group] }],
    [`/apis/${GROUP}`, { kind: 'APIGroup', apiVersion: 'v1', ...group }],
    [`/apis/${GROUP_VERSION}`, { kind: 'APIResourceList', apiVersion: 'v1', groupVersion: GROUP_VERSION, resources }],
    // the aggregator merges these into its own; there is nothing a person would apply
    ['/openapi/v2', { swagger: '2.0', info, paths: {} }],
    ['/openapi/v3', { paths: {} }],
  ]);
}

function shown(text: string): string {
  return text.slice(0, 100).replaceAll('"', '');
}
