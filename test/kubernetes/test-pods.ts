import assert from 'node:assert/strict';
import { type Cluster, until } from './cluster.ts';
import type { Container, ContainerStatus, Pod, PodSpec } from './kubelet/types.ts';

/** An image whose argument is a shell script. */
export const SHELL = 'test/shell:1';
export const FOREVER = 'trap "exit 0" TERM; while :; do sleep 0.1; done';
export const PODS = '/api/v1/namespaces/pods/pods';
export const once: Partial<PodSpec> = { restartPolicy: 'Never' };

/** Pods of one container `main` that runs a shell script, in the namespace `pods`. */
export interface TestPods {
  run(name: string, script: string, container?: Partial<Container>, spec?: Partial<PodSpec>): Promise<void>;
  get(name: string): Promise<Pod>;
  untilPhase(name: string, ...phases: string[]): Promise<Pod>;
  untilReady(name: string): Promise<void>;
  /** Runs a script to its end, which must be a success. @returns its output */
  outputOf(name: string, script: string, container?: Partial<Container>, spec?: Partial<PodSpec>): Promise<string>;
}

export async function testPods(cluster: Cluster): Promise<TestPods> {
  await cluster.createNamespace('pods');
  const get = (name: string): Promise<Pod> => cluster.client.get<Pod>(`${PODS}/${name}`);

  const run: TestPods['run'] = async (name, script, container = {}, spec = {}) => {
    const main = { name: 'main', image: SHELL, args: [script], ...container };
    const metadata = { name, namespace: 'pods', labels: { app: name } };
    await cluster.apply({ apiVersion: 'v1', kind: 'Pod', metadata, spec: { containers: [main], ...spec } });
  };
  const untilPhase: TestPods['untilPhase'] = async (name, ...phases) => {
    let pod = await get(name);
    await until(async () => {
      pod = await get(name);
      return phases.includes(pod.status.phase ?? '');
    });
    return pod;
  };
  return {
    run,
    get,
    untilPhase,
    untilReady: (name) => until(async () => isReady(await get(name))),
    outputOf: async (name, script, container = {}, spec = {}) => {
      await run(name, script, container, { ...once, ...spec });
      const pod = await untilPhase(name, 'Succeeded', 'Failed');
      const output = await cluster.logs('pods', name);
      assert.equal(pod.status.phase, 'Succeeded', output);
      return output;
    },
  };
}

export function isReady({ status }: Pod): boolean {
  return status.conditions?.some(({ type, status: holds }) => type === 'Ready' && holds === 'True') ?? false;
}

/** A container's status; an empty one where the pod has none yet. */
export function statusOf({ status }: Pod, name = 'main'): ContainerStatus {
  const all = [...(status.containerStatuses ?? []), ...(status.initContainerStatuses ?? [])];
  const unknown = { image: '', imageID: '', ready: false, started: false, restartCount: 0, state: {}, lastState: {} };
  return all.find((one) => one.name === name) ?? { name, ...unknown };
}
