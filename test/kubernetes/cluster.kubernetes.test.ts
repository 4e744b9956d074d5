import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { exists } from '../counterparts/cache.ts';
import { until } from './cluster.ts';

/** Starts a cluster with a pod, says what belongs to it, and ends as it is told. */
const PROGRAM = `
import { readlinkSync } from 'node:fs';
import { startCluster, until } from ${JSON.stringify(pathToFileURL(join(import.meta.dirname, 'cluster.ts')).href)};
const cluster = await startCluster({ images: { shell: { entrypoint: ['sh', '-c'] } }, tell: () => {} });
const template = { metadata: { labels: { app: 'pods' } }, spec: { containers: [{ name: 'main', image: 'shell', args: ['while :; do sleep 1; done'] }] } };
const spec = { replicas: 3, selector: { matchLabels: { app: 'pods' } }, template };
await cluster.apply({ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'pods', namespace: 'default' }, spec });
await until(async () => (await cluster.client.get('/apis/apps/v1/namespaces/default/deployments/pods')).status.readyReplicas === 3);
const [pod] = cluster.kubelet.pods.values();
const pid = await pod.containers.get('main').process().pid();
const folders = cluster.folders;
console.log(JSON.stringify({ bridge: cluster.network.name, folders, network: readlinkSync('/proc/' + pid + '/ns/net') }));
if (process.argv[1] === 'killed') process.kill(process.pid, 'SIGKILL');
await cluster.stop();
`;

interface Told {
  bridge: string;
  folders: string[];
  /** The network namespace of a pod. */
  network: string;
}

for (const end of ['stopped', 'killed']) {
  test(`nothing is left of a cluster that is ${end}`, async () => {
    const child = spawn(process.execPath, ['--input-type=module', '-e', PROGRAM, end], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
    assert.notEqual(output, '', errors);
    assert.equal(child.signalCode ?? child.exitCode, end === 'killed' ? 'SIGKILL' : 0, errors);
    const { bridge, folders, network } = JSON.parse(output) as Told;
    await until(async () => (await leftOf(bridge, folders, network)).length === 0).catch(async (error: Error) => {
      throw new Error(`left: ${await leftOf(bridge, folders, network)}`, { cause: error });
    });
  });
}

async function leftOf(bridge: string, folders: readonly string[], network: string): Promise<string[]> {
  const links = (await readdir('/sys/class/net')).filter((name) => name === bridge || name.startsWith(`v${bridge}-`));
  const namespaces = (await readdir('/run/netns').catch(() => [])).filter((name) => name.startsWith(`${bridge}-`));
  const found = await Promise.all(folders.map(async (path) => ((await exists(path)) ? [path] : [])));
  const processes = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const inside = await Promise.all(
    processes.map(async (pid) => ((await readlink(`/proc/${pid}/ns/net`).catch(() => '')) === network ? [pid] : [])),
  );
  return [...links, ...namespaces, ...found.flat(), ...inside.flat()];
}
