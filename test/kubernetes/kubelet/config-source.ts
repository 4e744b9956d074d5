import type { KubernetesClient, KubernetesObject } from '../client.ts';
import type { ConfigSource } from './env.ts';

interface ConfigMap extends KubernetesObject {
  data?: Record<string, string>;
  binaryData?: Record<string, string>;
}

interface Secret extends KubernetesObject {
  data?: Record<string, string>;
}

/** ConfigMaps and Secrets as the API server has them now. */
export function configSource(client: KubernetesClient): ConfigSource {
  return {
    configMap: async (namespace, name) => {
      const found = await client.find<ConfigMap>(`/api/v1/namespaces/${namespace}/configmaps/${name}`);
      return found === null ? null : new Map([...decode(found.data, 'utf8'), ...decode(found.binaryData, 'base64')]);
    },
    secret: async (namespace, name) => {
      const found = await client.find<Secret>(`/api/v1/namespaces/${namespace}/secrets/${name}`);
      return found === null ? null : new Map(decode(found.data, 'base64'));
    },
  };
}

function decode(data: Record<string, string> = {}, encoding: BufferEncoding): [string, Buffer][] {
  return Object.entries(data).map(([key, value]) => [key, Buffer.from(value, encoding)]);
}
