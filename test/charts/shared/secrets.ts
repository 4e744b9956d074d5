import type { V1PodSpec, V1Secret } from '@kubernetes/client-node';
import { type Manifest, ofKind, workloads } from './manifests.ts';
import { containersOf } from './pod-security.ts';

/** A shorter value, a user name or a database's name for example, may stand elsewhere by chance. */
const SHORTEST = 12;

/** Secrets' values that stand in another kind of object: a ConfigMap, an argument, an annotation. */
export function leakedSecrets(manifests: readonly Manifest[], further: readonly string[] = []): string[] {
  const others = manifests
    .filter(({ kind }) => kind !== 'Secret')
    .map((object) => ({ object, text: JSON.stringify(object) }));
  const values = [
    ...ofKind(manifests, 'Secret').flatMap(valuesOf),
    ...further.map((value) => ({ where: value, value })),
  ];
  return values.flatMap(({ where, value }) => {
    const escaped = JSON.stringify(value).slice(1, -1);
    const encoded = Buffer.from(value).toString('base64');
    return others
      .filter(({ text }) => text.includes(escaped) || text.includes(encoded))
      .map(({ object }) => `${where} stands in ${object.kind} ${object.metadata.name}`);
  });
}

/** What a Secret holds, decoded. */
export function contentOf({ data = {}, stringData = {} }: V1Secret): Record<string, string> {
  const decoded = Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64').toString()]);
  return { ...Object.fromEntries(decoded), ...stringData };
}

function valuesOf(secret: V1Secret): { where: string; value: string }[] {
  return (
    Object.entries(contentOf(secret))
      // a certificate is public, and so is a name
      .filter(([key, value]) => !key.endsWith('.crt') && !/user/i.test(key) && value.length >= SHORTEST)
      .map(([key, value]) => ({ where: `${key} of Secret ${secret.metadata?.name}`, value }))
  );
}

export interface Reference {
  kind: 'ConfigMap' | 'Secret' | 'ServiceAccount';
  name: string;
  /** The key that must be there; absent where the whole object is taken. */
  key?: string;
  by: string;
}

/** Kubernetes itself makes it in every namespace. */
const EVERYWHERE = 'kube-root-ca.crt';

/** What pods need to be there before they can start. */
export function references(manifests: readonly Manifest[]): Reference[] {
  return workloads(manifests)
    .flatMap(({ kind, name, template }) =>
      referencesOf(template.spec, `${kind} ${name}`).concat(accountOf(template.spec, `${kind} ${name}`)),
    )
    .filter(({ name }) => name !== EVERYWHERE);
}

function accountOf(spec: V1PodSpec | undefined, by: string): Reference[] {
  const name = spec?.serviceAccountName;
  return name === undefined || name === 'default' ? [] : [{ kind: 'ServiceAccount', name, by }];
}

function referencesOf(spec: V1PodSpec | undefined, by: string): Reference[] {
  const found: Reference[] = [];
  const add = (
    kind: Reference['kind'],
    name: string | undefined,
    optional: boolean | undefined,
    keys: (string | undefined)[],
  ) => {
    if (name === undefined || optional === true) return;
    for (const key of keys) found.push({ kind, name, by, ...(key === undefined ? {} : { key }) });
  };
  for (const { env = [], envFrom = [] } of containersOf(spec)) {
    for (const { configMapRef, secretRef } of envFrom) {
      add('ConfigMap', configMapRef?.name, configMapRef?.optional, [undefined]);
      add('Secret', secretRef?.name, secretRef?.optional, [undefined]);
    }
    for (const { valueFrom } of env) {
      const { configMapKeyRef, secretKeyRef } = valueFrom ?? {};
      add('ConfigMap', configMapKeyRef?.name, configMapKeyRef?.optional, [configMapKeyRef?.key]);
      add('Secret', secretKeyRef?.name, secretKeyRef?.optional, [secretKeyRef?.key]);
    }
  }
  for (const volume of spec?.volumes ?? []) {
    const sources = [volume, ...(volume.projected?.sources ?? [])];
    for (const { configMap, secret } of sources) {
      const keys = (items: { key: string }[] | undefined) => items?.map(({ key }) => key) ?? [undefined];
      add('ConfigMap', configMap?.name, configMap?.optional, keys(configMap?.items));
      const secretName =
        secret !== undefined && 'secretName' in secret
          ? secret.secretName
          : (secret as { name?: string } | undefined)?.name;
      add('Secret', secretName, secret?.optional, keys(secret?.items));
    }
  }
  return found;
}

/** References that these objects do not fulfil. */
export function unfulfilled(wanted: readonly Reference[], manifests: readonly Manifest[]): Reference[] {
  return wanted.filter(({ kind, name, key }) => {
    const object = manifests.find((manifest) => manifest.kind === kind && manifest.metadata.name === name);
    if (object === undefined) return true;
    if (key === undefined) return false;
    const keys =
      kind === 'Secret'
        ? contentOf(object as unknown as V1Secret)
        : { ...(object.data ?? {}), ...(object.binaryData ?? {}) };
    return !(key in keys);
  });
}
