import type { KubernetesClient } from '../client.ts';
import { ConfigError } from './config-error.ts';
import type { ConfigSource } from './env.ts';
import { fieldValue, type PodFacts, resourceValue } from './fields.ts';
import type { KeyedFile } from './keyed-files.ts';
import type { DownwardItem, KeyToPath, ProjectedSource, Volume } from './types.ts';

const DEFAULT_MODE = 0o644;

/** What the files of keyed volumes are read from. */
export interface ProjectionContext {
  facts: PodFacts;
  source: ConfigSource;
  client: KubernetesClient;
}

/** The files of a configMap, secret, downwardAPI or projected volume; null for every other volume. */
export async function projectedFiles(volume: Volume, context: ProjectionContext): Promise<KeyedFile[] | null> {
  const { configMap, secret, downwardAPI, projected } = volume;
  if (configMap !== undefined) return fromSources([{ configMap }], configMap.defaultMode, context);
  if (secret !== undefined) {
    const { secretName, ...rest } = secret;
    return fromSources(
      [{ secret: { ...rest, ...(secretName === undefined ? {} : { name: secretName }) } }],
      secret.defaultMode,
      context,
    );
  }
  if (downwardAPI !== undefined) return fromSources([{ downwardAPI }], downwardAPI.defaultMode, context);
  if (projected !== undefined) return fromSources(projected.sources ?? [], projected.defaultMode, context);
  return null;
}

async function fromSources(
  sources: readonly ProjectedSource[],
  defaultMode: number | undefined,
  context: ProjectionContext,
): Promise<KeyedFile[]> {
  const files = await Promise.all(sources.map((source) => fromSource(source, context)));
  return files.flat().map(({ mode, ...file }) => ({ ...file, mode: mode ?? defaultMode ?? DEFAULT_MODE }));
}

type Draft = Omit<KeyedFile, 'mode'> & { mode: number | undefined };

async function fromSource(source: ProjectedSource, context: ProjectionContext): Promise<Draft[]> {
  const namespace = context.facts.pod.metadata.namespace ?? 'default';
  for (const kind of ['configMap', 'secret'] as const) {
    const wanted = source[kind];
    if (wanted === undefined) continue;
    const { name = '', items, optional = false } = wanted;
    const found = await context.source[kind](namespace, name);
    if (found !== null) return pick(found, items, optional, `${kind.toLowerCase()} "${name}"`);
    if (optional) return [];
    throw new ConfigError('ContainerCreating', `MountVolume.SetUp failed: ${kind.toLowerCase()} "${name}" not found`);
  }
  if (source.downwardAPI !== undefined)
    return (source.downwardAPI.items ?? []).map((item) => downward(item, context.facts));
  if (source.serviceAccountToken !== undefined) {
    const { path, audience, expirationSeconds = 3600 } = source.serviceAccountToken;
    const content = await requestToken(context, namespace, audience, expirationSeconds);
    return [{ path, content, mode: undefined }];
  }
  return [];
}

function pick(
  found: ReadonlyMap<string, Buffer>,
  items: KeyToPath[] | undefined,
  optional: boolean,
  name: string,
): Draft[] {
  if (items === undefined) return [...found].map(([path, content]) => ({ path, content, mode: undefined }));
  return items.flatMap(({ key, path, mode }) => {
    const content = found.get(key);
    if (content !== undefined) return [{ path, content, mode }];
    if (optional) return [];
    throw new ConfigError('ContainerCreating', `MountVolume.SetUp failed: ${name} has no key ${key}`);
  });
}

function downward({ path, mode, fieldRef, resourceFieldRef }: DownwardItem, facts: PodFacts): Draft {
  if (fieldRef !== undefined) return { path, content: fieldValue(facts, fieldRef.fieldPath), mode };
  const container = facts.pod.spec.containers.find(({ name }) => name === resourceFieldRef?.containerName);
  const content =
    container === undefined || resourceFieldRef === undefined ? '' : resourceValue(container, resourceFieldRef);
  return { path, content, mode };
}

/** A token of the pod's service account, bound to the pod. */
async function requestToken(
  { facts: { pod }, client }: ProjectionContext,
  namespace: string,
  audience: string | undefined,
  expirationSeconds: number,
): Promise<string> {
  const account = pod.spec.serviceAccountName ?? 'default';
  const answer = await client.create<{ status: { token: string } }>(
    `/api/v1/namespaces/${namespace}/serviceaccounts/${account}/token`,
    {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: {
        audiences: audience === undefined ? [] : [audience],
        expirationSeconds,
        boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name: pod.metadata.name, uid: pod.metadata.uid },
      },
    },
  );
  return answer.status.token;
}
