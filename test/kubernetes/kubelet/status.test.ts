import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type PodView, podStatus } from './status.ts';
import type { ContainerState, ContainerStatus } from './types.ts';

const pod = { metadata: { name: 'pod' }, spec: { containers: [] }, status: {} };

function container(state: ContainerState, ready = false, lastState: ContainerState = {}): ContainerStatus {
  return { name: 'main', image: 'x', imageID: 'x', ready, started: ready, restartCount: 0, state, lastState };
}

const running: ContainerState = { running: { startedAt: '2026-01-01T00:00:00Z' } };
const ended = (exitCode: number): ContainerState => ({
  terminated: { exitCode, reason: 'x', startedAt: '2026-01-01T00:00:00Z', finishedAt: '2026-01-01T00:00:01Z' },
});

function statusOf(view: Partial<PodView>): { phase: string | undefined; ready: string | undefined } {
  const defaults = { pod, hostIp: '10.0.0.1', podIp: '10.0.0.2', startTime: '2026-01-01T00:00:00Z' };
  const idle = { initialized: true, init: [], main: [], over: false, failed: null };
  const { phase, conditions } = podStatus({ ...defaults, ...idle, ...view }, {});
  return { phase, ready: conditions?.find(({ type }) => type === 'Ready')?.status };
}

test('a pod is pending until its init containers are through and a container ran', () => {
  const waiting = container({ waiting: { reason: 'PodInitializing' } });
  assert.deepEqual(statusOf({ initialized: false, main: [waiting] }), { phase: 'Pending', ready: 'False' });
  assert.deepEqual(statusOf({ main: [waiting] }), { phase: 'Pending', ready: 'False' });
});

test('a pod is ready when all its containers are', () => {
  assert.deepEqual(statusOf({ main: [container(running, true), container(running)] }), {
    phase: 'Running',
    ready: 'False',
  });
  assert.deepEqual(statusOf({ main: [container(running, true)] }), { phase: 'Running', ready: 'True' });
});

test('a pod that waits to start a container again is running', () => {
  const backOff = container({ waiting: { reason: 'CrashLoopBackOff' } }, false, ended(1));
  assert.deepEqual(statusOf({ main: [backOff] }), { phase: 'Running', ready: 'False' });
});

test('a pod that is over has succeeded only where every container did', () => {
  assert.equal(statusOf({ over: true, main: [container(ended(0))] }).phase, 'Succeeded');
  assert.equal(statusOf({ over: true, main: [container(ended(0)), container(ended(2))] }).phase, 'Failed');
  assert.equal(statusOf({ over: true, initialized: false, main: [] }).phase, 'Failed');
});

test('a condition keeps the time since when it holds', () => {
  const view: PodView = {
    ...{ pod, hostIp: '', podIp: '10.0.0.2', startTime: '', initialized: true, init: [], over: false, failed: null },
    main: [container(running, true)],
  };
  const before = { type: 'Ready', status: 'True', lastTransitionTime: '2020-01-01T00:00:00Z' } as const;
  const after = podStatus(view, { conditions: [before] }).conditions ?? [];
  assert.equal(after.find(({ type }) => type === 'Ready')?.lastTransitionTime, '2020-01-01T00:00:00Z');
});
