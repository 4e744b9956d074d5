import type { Condition, ContainerStatus, Pod, PodStatus } from './types.ts';

export interface PodView {
  pod: Pod;
  hostIp: string;
  /** Null until the pod has its network. */
  podIp: string | null;
  startTime: string;
  initialized: boolean;
  init: readonly ContainerStatus[];
  main: readonly ContainerStatus[];
  /** Whether every container is over for good. */
  over: boolean;
  /** Why the pod is failed whatever its containers say. */
  failed: { reason: string; message: string } | null;
}

/** A pod's status as Kubernetes words it, with the conditions that are this kubelet's to set. */
export function podStatus(view: PodView, before: PodStatus): PodStatus {
  const phase = phaseOf(view);
  const isOver = phase === 'Succeeded' || phase === 'Failed';
  const unready = view.main.filter(({ ready }) => !ready).map(({ name }) => name);
  const containersReady = view.initialized && !isOver && unready.length === 0;
  const why = isOver
    ? { reason: phase === 'Succeeded' ? 'PodCompleted' : 'PodFailed' }
    : { reason: 'ContainersNotReady', message: `containers with unready status: [${unready.join(' ')}]` };
  const readiness = containersReady ? {} : why;
  const conditions = [
    condition('PodReadyToStartContainers', view.podIp !== null && !isOver),
    condition(
      'Initialized',
      view.initialized || phase === 'Succeeded',
      view.initialized ? {} : { reason: 'ContainersNotInitialized' },
    ),
    condition('ContainersReady', containersReady, readiness),
    condition('Ready', containersReady, readiness),
  ];
  return {
    phase,
    hostIP: view.hostIp,
    ...(view.podIp === null ? {} : { podIP: view.podIp, podIPs: [{ ip: view.podIp }] }),
    startTime: view.startTime,
    conditions: conditions.map((next) => withTransition(next, before.conditions)),
    ...(view.init.length > 0 ? { initContainerStatuses: [...view.init] } : {}),
    containerStatuses: [...view.main],
    ...(view.failed ?? {}),
  };
}

function phaseOf({ failed, over, initialized, main }: PodView): NonNullable<PodStatus['phase']> {
  if (failed !== null) return 'Failed';
  if (over) {
    const succeeded = initialized && main.every(({ state }) => state.terminated?.exitCode === 0);
    return succeeded ? 'Succeeded' : 'Failed';
  }
  const everRan = main.some(
    ({ state, lastState }) => state.waiting === undefined || lastState.terminated !== undefined,
  );
  return initialized && everRan ? 'Running' : 'Pending';
}

function condition(type: string, holds: boolean, why: { reason?: string; message?: string } = {}): Condition {
  // a reason that no longer holds is taken out of what is stored
  return { type, status: holds ? 'True' : 'False', reason: why.reason ?? null, message: why.message ?? null };
}

function withTransition(next: Condition, before: readonly Condition[] = []): Condition {
  const known = before.find(({ type }) => type === next.type);
  const lastTransitionTime =
    known?.status === next.status && known.lastTransitionTime !== undefined
      ? known.lastTransitionTime
      : new Date().toISOString().replace(/\.\d+Z$/, 'Z');
  return { ...next, lastTransitionTime };
}
