import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { PodNetwork } from '../network/bridge.ts';
import { ConfigError } from './config-error.ts';
import { type ContainerLife, containerLife } from './container.ts';
import { tellEvent } from './events.ts';
import type { KubeletContext } from './kubelet.ts';
import { planContainer } from './plan.ts';
import type { Ended } from './process.ts';
import { podStatus } from './status.ts';
import { statusWriter } from './status-writer.ts';
import type { Container, Pod } from './types.ts';
import { prepareVolumes } from './volumes.ts';

/** One pod on this machine, from its binding to its removal. */
export interface PodLife {
  /** The newest state of its object; a deletion that is asked for is begun. */
  update(pod: Pod): void;
  /** Its object is gone, or its cluster is: everything ends at once. */
  forget(): Promise<void>;
  readonly containers: ReadonlyMap<string, ContainerLife>;
  readonly pod: () => Pod;
  /** The file that a container's output goes to. */
  log(container: string, start: number): string;
}

const RETRY_MS = 500;
const DEFAULT_GRACE_SECONDS = 30;

export function podLife(first: Pod, kubelet: KubeletContext): PodLife {
  let pod = first;
  const uid = first.metadata.uid ?? '';
  const { namespace = 'default', name } = first.metadata;
  const folder = join(kubelet.folder, 'pods', uid);
  const memory = join(kubelet.memoryFolder, uid);
  const logs = join(kubelet.folder, 'logs', namespace, `${name}-${uid.slice(0, 8)}`);
  const startTime = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
  const restartPolicy = first.spec.restartPolicy ?? 'Always';
  const stopping = new AbortController();
  const containers = new Map<string, ContainerLife>();
  let network: PodNetwork | null = null;
  let initialized = false;
  let over = false;
  let failed: { reason: string; message: string } | null = null;
  let forgotten = false;

  const event = (reason: string, message: string): void => tellEvent(kubelet.client, pod, reason, message);
  const log = (container: string, start: number): string => join(logs, `${container}-${start}.log`);
  const writer = statusWriter(kubelet.client, () => ({
    pod,
    status: podStatus(
      {
        pod,
        hostIp: kubelet.hostIp,
        podIp: network?.address ?? null,
        startTime,
        initialized,
        over,
        failed,
        init: statusesOf(pod.spec.initContainers),
        main: statusesOf(pod.spec.containers),
      },
      pod.status,
    ),
  }));
  const statusesOf = (list: readonly Container[] = []) =>
    list.map(({ name: container, image }) => {
      const status = containers.get(container)?.status();
      const reason = network === null ? 'ContainerCreating' : 'PodInitializing';
      const waiting = { state: { waiting: { reason } }, lastState: {}, ready: false, started: false, restartCount: 0 };
      return status ?? { name: container, image, imageID: '', ...waiting };
    });

  /** Asks again until it is there or the pod is to end; why it waits is told once. */
  const insist = async <T>(make: () => Promise<T>): Promise<T | null> => {
    let told = '';
    while (!stopping.signal.aborted) {
      try {
        return await make();
      } catch (error) {
        const { message } = error as Error;
        if (message !== told) event(error instanceof ConfigError ? 'FailedMount' : 'FailedCreatePodSandBox', message);
        told = message;
        await wait(RETRY_MS, undefined, { signal: stopping.signal, ref: false }).catch(() => {});
      }
    }
    return null;
  };

  const run = async (): Promise<void> => {
    writer.changed();
    await Promise.all([folder, memory, logs].map((path) => mkdir(path, { recursive: true })));
    network = await insist(() => kubelet.network.addPod());
    if (network === null) return;
    writer.changed();
    const facts = { pod, podIp: network.address, hostIp: kubelet.hostIp };
    const folders = { disk: join(folder, 'volumes'), memory };
    const volumes = await insist(() =>
      prepareVolumes(pod, folders, { facts, source: kubelet.source, client: kubelet.client }),
    );
    if (volumes === null) return;

    const make = (container: Container, restarts: (ended: Ended) => boolean): ContainerLife => {
      const terminationMessage = join(folder, `${container.name}.message`);
      const life = containerLife({
        container,
        podIp: facts.podIp,
        namespace: network!.path,
        gracePeriodSeconds: pod.spec.terminationGracePeriodSeconds ?? DEFAULT_GRACE_SECONDS,
        plan: (start) => planContainer({ kubelet, facts, volumes, folder, terminationMessage, start }, container),
        log: (start) => log(container.name, start),
        terminationMessage,
        restarts,
        changed: writer.changed,
        event,
      });
      containers.set(container.name, life);
      return life;
    };
    const byPolicy = ({ exitCode }: Ended): boolean =>
      restartPolicy === 'Always' || (restartPolicy === 'OnFailure' && exitCode !== 0);

    for (const container of pod.spec.initContainers ?? []) {
      if (stopping.signal.aborted) return;
      if (container.restartPolicy === 'Always') {
        const sidecar = make(container, () => true);
        void sidecar.run();
        await sidecar.started;
        continue;
      }
      const ended = await make(container, ({ exitCode }) => exitCode !== 0 && restartPolicy !== 'Never').run();
      if (ended?.exitCode !== 0) return;
    }
    if (stopping.signal.aborted) return;
    initialized = true;
    const mains = pod.spec.containers.map((container) => make(container, byPolicy));
    await Promise.all(mains.map((life) => life.run()));
  };

  const lifeOf = (list: readonly Container[] = []): ContainerLife[] =>
    list.flatMap(({ name: container }) => containers.get(container) ?? []);

  /** Main containers first, then those beside them, the last one first. */
  const stopAll = async (graceSeconds: number): Promise<void> => {
    stopping.abort();
    const deadline = Date.now() + graceSeconds * 1000;
    await Promise.all(lifeOf(pod.spec.containers).map((life) => life.stop(graceSeconds)));
    for (const life of lifeOf(pod.spec.initContainers).toReversed()) {
      await life.stop(Math.max((deadline - Date.now()) / 1000, 0));
    }
  };

  const finished = run()
    .catch((error: Error) => event('Failed', error.message))
    .then(async () => {
      if (!stopping.signal.aborted) await stopAll(pod.spec.terminationGracePeriodSeconds ?? DEFAULT_GRACE_SECONDS);
      over = true;
      writer.changed();
      await network?.remove().catch(() => {});
    });

  const { activeDeadlineSeconds } = first.spec;
  if (activeDeadlineSeconds !== undefined) {
    void wait(activeDeadlineSeconds * 1000, undefined, { signal: stopping.signal, ref: false })
      .then(() => {
        failed = {
          reason: 'DeadlineExceeded',
          message: 'Pod was active on the node longer than the specified deadline',
        };
        return stopAll(pod.spec.terminationGracePeriodSeconds ?? DEFAULT_GRACE_SECONDS);
      })
      .catch(() => {});
  }

  const removeFolders = async (): Promise<void> => {
    await Promise.all([folder, memory].map((path) => rm(path, { recursive: true, force: true, maxRetries: 3 })));
  };

  let deleting = false;
  const remove = async (graceSeconds: number): Promise<void> => {
    await stopAll(graceSeconds);
    await finished;
    await writer.written();
    await removeFolders();
    if (!forgotten) await writer.remove();
  };

  return {
    update: (next) => {
      pod = next;
      if (next.metadata.deletionTimestamp === undefined || deleting) return;
      deleting = true;
      void remove(next.metadata.deletionGracePeriodSeconds ?? DEFAULT_GRACE_SECONDS);
    },
    forget: async () => {
      forgotten = true;
      writer.close();
      stopping.abort();
      await Promise.all([...containers.values()].map((life) => life.abandon()));
      await finished;
      await removeFolders();
    },
    containers,
    pod: () => pod,
    log,
  };
}
