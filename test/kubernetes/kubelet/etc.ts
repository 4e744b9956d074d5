import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Pod } from './types.ts';

/** Names stay with the container's own host name in bounds. */
export function hostnameOf({ spec, metadata }: Pod): string {
  return (spec.hostname ?? metadata.name).slice(0, 63).replace(/[-.]+$/, '');
}

/** Writes what a pod has in /etc: its name, its hosts, its name server. */
export async function writeEtc(folder: string, pod: Pod, podIp: string, nameServer: string): Promise<void> {
  const { namespace = 'default' } = pod.metadata;
  const hostname = hostnameOf(pod);
  const { subdomain, hostAliases = [] } = pod.spec;
  const full = subdomain === undefined ? [] : [`${hostname}.${subdomain}.${namespace}.svc.cluster.local`];
  const hosts = [
    '127.0.0.1 localhost',
    `${podIp} ${[...full, hostname].join(' ')}`,
    ...hostAliases.map(({ ip, hostnames = [] }) => `${ip} ${hostnames.join(' ')}`),
  ];
  const resolv = [
    `nameserver ${nameServer}`,
    `search ${namespace}.svc.cluster.local svc.cluster.local cluster.local`,
    'options ndots:5',
  ];
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'hosts'), `${hosts.join('\n')}\n`);
  await writeFile(join(folder, 'resolv.conf'), `${resolv.join('\n')}\n`);
  await writeFile(join(folder, 'hostname'), `${hostname}\n`);
  await writeFile(join(folder, 'nsswitch.conf'), 'passwd: files\ngroup: files\nhosts: files dns\n');
}
