import type { Service } from '../network/types.ts';
import { ConfigError } from './config-error.ts';
import { fieldValue, type PodFacts, resourceValue } from './fields.ts';
import type { Container, EnvVar, KeyRef } from './types.ts';

/** Reads what containers are configured from. Null: there is no such object. */
export interface ConfigSource {
  configMap(namespace: string, name: string): Promise<Map<string, Buffer> | null>;
  secret(namespace: string, name: string): Promise<Map<string, Buffer> | null>;
}

const MISSING = 'CreateContainerConfigError';

/** A container's environment: service links, `envFrom`, then `env` in order, with `$(NAME)` filled in. */
export async function containerEnv(
  container: Container,
  facts: PodFacts,
  source: ConfigSource,
  services: readonly Service[],
): Promise<Record<string, string>> {
  const namespace = facts.pod.metadata.namespace ?? 'default';
  const env: Record<string, string> = serviceLinks(services, namespace, facts.pod.spec.enableServiceLinks !== false);

  for (const { prefix = '', configMapRef, secretRef } of container.envFrom ?? []) {
    const reference = configMapRef ?? secretRef;
    if (reference === undefined) continue;
    const kind = configMapRef !== undefined ? 'configMap' : 'secret';
    const found = await source[kind](namespace, reference.name);
    if (found === null && reference.optional !== true) throw missing(kind, reference.name);
    for (const [key, value] of found ?? []) env[prefix + key] = value.toString();
  }

  const keyOf = async (kind: 'configMap' | 'secret', { name, key, optional }: KeyRef): Promise<string | null> => {
    const found = await source[kind](namespace, name);
    const value = found?.get(key);
    if (value !== undefined) return value.toString();
    if (optional === true) return null;
    throw found === null
      ? missing(kind, name)
      : new ConfigError(MISSING, `couldn't find key ${key} in ${kind} ${name}`);
  };
  const resolve = async ({ value, valueFrom }: EnvVar): Promise<string | null> => {
    if (valueFrom?.configMapKeyRef !== undefined) return keyOf('configMap', valueFrom.configMapKeyRef);
    if (valueFrom?.secretKeyRef !== undefined) return keyOf('secret', valueFrom.secretKeyRef);
    if (valueFrom?.fieldRef !== undefined) return fieldValue(facts, valueFrom.fieldRef.fieldPath);
    if (valueFrom?.resourceFieldRef !== undefined) {
      const { containerName = container.name } = valueFrom.resourceFieldRef;
      const all = [...facts.pod.spec.containers, ...(facts.pod.spec.initContainers ?? [])];
      return resourceValue(all.find(({ name }) => name === containerName) ?? container, valueFrom.resourceFieldRef);
    }
    return expand(value ?? '', env);
  };
  for (const variable of container.env ?? []) {
    const value = await resolve(variable);
    if (value !== null) env[variable.name] = value;
  }
  return env;
}

function missing(kind: string, name: string): ConfigError {
  return new ConfigError(MISSING, `${kind.toLowerCase()} "${name}" not found`);
}

/** Fills in `$(NAME)`; what is not known stays as it is written, and `$$` is one dollar. */
export function expand(text: string, env: Readonly<Record<string, string>>): string {
  return text.replace(/\$\$|\$\(([^)]*)\)/g, (written, name: string | undefined) => {
    if (name === undefined) return '$';
    return env[name] ?? written;
  });
}

/** `REDIS_SERVICE_HOST`, `REDIS_PORT=tcp://…` and so on, which every pod gets for the Services of its namespace. */
function serviceLinks(services: readonly Service[], namespace: string, all: boolean): Record<string, string> {
  const env: Record<string, string> = {};
  for (const { metadata, spec } of services) {
    const isApi = metadata.namespace === 'default' && metadata.name === 'kubernetes';
    if (!isApi && (!all || metadata.namespace !== namespace)) continue;
    const [first] = spec.ports ?? [];
    if (first === undefined || spec.clusterIP === undefined || spec.clusterIP === 'None' || spec.clusterIP === '')
      continue;
    const name = metadata.name.toUpperCase().replaceAll('-', '_');
    env[`${name}_SERVICE_HOST`] = spec.clusterIP;
    env[`${name}_SERVICE_PORT`] = `${first.port}`;
    env[`${name}_PORT`] = `tcp://${spec.clusterIP}:${first.port}`;
    for (const { name: portName, port } of spec.ports ?? []) {
      if (portName !== undefined)
        env[`${name}_SERVICE_PORT_${portName.toUpperCase().replaceAll('-', '_')}`] = `${port}`;
      const prefix = `${name}_PORT_${port}_TCP`;
      env[prefix] = `tcp://${spec.clusterIP}:${port}`;
      env[`${prefix}_PROTO`] = 'tcp';
      env[`${prefix}_PORT`] = `${port}`;
      env[`${prefix}_ADDR`] = spec.clusterIP;
    }
  }
  return env;
}
