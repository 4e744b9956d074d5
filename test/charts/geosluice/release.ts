import type { V1Container, V1PodTemplateSpec } from '@kubernetes/client-node';
import { type Manifest, ofKind, theOne, workloads } from '../shared/manifests.ts';
import { type Inputs, render } from '../shared/render.ts';
import { contentOf } from '../shared/secrets.ts';

export const WORKERS = ['discover', 'upload', 'publish', 'register'] as const;

/** Values that stand on no other release. */
export const ALONE = {
  geonode: { release: '' },
  config: {
    target: {
      endpoint: 'http://s3.example.org:9000',
      bucket: 'rasters',
      accessKeyId: 'ak',
      secretAccessKey: 'sk-of-s3',
    },
    geoserver: { url: 'http://maps.example.org:8080/geoserver', user: 'admin', password: 'pw-of-geoserver' },
    geonode: { url: 'http://geonode.example.org', user: 'admin', password: 'pw-of-geonode' },
  },
};

type Values = { [key: string]: unknown };

/** One set of values laid over another, as Helm does: maps are merged, all else is replaced. */
export function over(below: Values, above: Values): Values {
  const merged: Values = { ...below };
  for (const [key, value] of Object.entries(above)) {
    const there = merged[key];
    merged[key] = isMap(there) && isMap(value) ? over(there, value) : value;
  }
  return merged;
}

function isMap(value: unknown): value is Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The objects of a release with these values over ALONE. */
export function release(values: Values = {}, inputs: Inputs = {}): Promise<Manifest[]> {
  return render('geosluice', { release: 'geosluice', namespace: 'geo', values: over(ALONE, values), ...inputs });
}

/** The pods of a component, by the end of its object's name. */
export function podOf(manifests: readonly Manifest[], component: string): V1PodTemplateSpec {
  const found = workloads(manifests).find(({ name }) => name === `geosluice-${component}`);
  if (found === undefined) throw new Error(`no pods of ${component} were rendered`);
  return found.template;
}

export function containerOf(manifests: readonly Manifest[], component: string): V1Container {
  const container = podOf(manifests, component).spec?.containers[0];
  if (container === undefined) throw new Error(`${component} has no container`);
  return container;
}

/**
 * The environment of a component's process, as a kubelet would make it from the release's own ConfigMaps and Secrets; what the
 * Secrets of others hold is `from <name>/<key>`, or what `others` says.
 */
export function environmentOf(
  manifests: readonly Manifest[],
  component: string,
  others: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const { env = [], envFrom = [] } = containerOf(manifests, component);
  const result: Record<string, string> = {};
  for (const { configMapRef } of envFrom) {
    Object.assign(result, theOne(manifests, 'ConfigMap', configMapRef?.name ?? '').data);
  }
  const secrets = ofKind(manifests, 'Secret');
  for (const { name, value, valueFrom } of env) {
    const wanted = valueFrom?.secretKeyRef;
    if (wanted === undefined) {
      result[name] = (value ?? '').replace(/\$\(([^)]*)\)/g, (written, other: string) => result[other] ?? written);
      continue;
    }
    const secret = secrets.find(({ metadata }) => metadata?.name === wanted.name);
    const place = `${wanted.name}/${wanted.key}`;
    result[name] =
      (secret === undefined ? undefined : contentOf(secret)[wanted.key]) ?? others[place] ?? `from ${place}`;
  }
  return result;
}
