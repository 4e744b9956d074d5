import { chmod, readFile, writeFile } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { ConfigError } from './config-error.ts';
import { type HandlerTarget, keepProbing, runHandler } from './probes.ts';
import { type ContainerProcess, type Ended, startContainer } from './process.ts';
import type { StartPlan } from './start-script.ts';
import type { Container, ContainerState, ContainerStatus, Probe } from './types.ts';

export interface ContainerContext {
  container: Container;
  podIp: string;
  /** The pod's network namespace. */
  namespace: string;
  /** Of the pod; a probe may have its own. */
  gracePeriodSeconds: number;
  /** How this start is done, newly asked for each. @throws ConfigError where it cannot be said yet */
  plan(start: number): Promise<StartPlan>;
  /** The file a start's output goes to. */
  log(start: number): string;
  /** The file that is the container's termination message. */
  terminationMessage: string;
  restarts(ended: Ended): boolean;
  /** The status is another one now. */
  changed(): void;
  event(reason: string, message: string): void;
}

/** One container of a pod from its first start to its last end. */
export interface ContainerLife {
  status(): ContainerStatus;
  /** Starts it, again and again as its policy says. Resolves when it is over, null where it never ran. */
  run(): Promise<Ended | null>;
  /** Resolves at its first success of the startup probe, at its start where it has none, and at its end. */
  readonly started: Promise<void>;
  /** The preStop hook, SIGTERM, and SIGKILL after the grace period. Resolves when nothing of it runs. */
  stop(graceSeconds: number): Promise<void>;
  /** Kills it, for good and without a word. */
  abandon(): Promise<void>;
  process(): ContainerProcess | null;
  /** Number of the start it is in. */
  start(): number;
}

/** Sooner than a real kubelet's 10 seconds, doubling: tests wait for it. The first restart is at once. */
const BACK_OFF_MS = 1_000;
const MOST_BACK_OFF_MS = 30_000;
const RETRY_CONFIG_MS = 1_000;

export function containerLife(context: ContainerContext): ContainerLife {
  const { container } = context;
  const stopping = new AbortController();
  let process: ContainerProcess | null = null;
  let state: ContainerState = { waiting: { reason: 'PodInitializing' } };
  let lastState: ContainerState = {};
  let starts = 0;
  let ready = false;
  let startupDone = false;
  let over: Ended | null = null;
  const { promise: started, resolve: markStarted } = Promise.withResolvers<void>();

  const set = (next: ContainerState, nowReady = false, nowStarted = false): void => {
    state = next;
    ready = nowReady;
    startupDone = nowStarted;
    context.changed();
  };

  const begin = async (): Promise<ContainerProcess | null> => {
    for (;;) {
      if (stopping.signal.aborted) return null;
      try {
        const plan = await context.plan(starts);
        await writeFile(context.terminationMessage, '');
        await chmod(context.terminationMessage, 0o666);
        return await startContainer(plan, context.namespace, context.log(starts));
      } catch (error) {
        const reason = error instanceof ConfigError ? error.reason : 'CreateContainerError';
        const { message } = error as Error;
        if (state.waiting?.reason !== reason || state.waiting.message !== message) {
          set({ waiting: { reason, message } });
          context.event('Failed', message);
        }
        await pause(RETRY_CONFIG_MS);
      }
    }
  };

  const pause = (ms: number): Promise<void> =>
    wait(ms, undefined, { signal: stopping.signal, ref: false }).catch(() => {});

  const target: HandlerTarget = {
    container,
    podIp: context.podIp,
    exec: async (command, timeoutMs) =>
      (await process?.exec(command, timeoutMs)) ?? { code: 126, output: 'not running' },
  };

  /** Watches one run of the process by its probes until `signal`. */
  const probe = (current: ContainerProcess, startedAt: string, signal: AbortSignal): void => {
    const { startupProbe, livenessProbe, readinessProbe } = container;
    const running: ContainerState = { running: { startedAt } };
    const kill =
      (kind: string, { terminationGracePeriodSeconds }: Probe) =>
      (succeeds: boolean, problem: string): void => {
        if (succeeds) return;
        context.event('Unhealthy', `${kind} probe failed: ${problem}`);
        void endProcess(current, terminationGracePeriodSeconds ?? context.gracePeriodSeconds);
      };
    const watchLife = (): void => {
      markStarted();
      set(running, readinessProbe === undefined, true);
      if (livenessProbe !== undefined)
        void keepProbing(livenessProbe, target, signal, false, kill('Liveness', livenessProbe));
      if (readinessProbe === undefined) return;
      void keepProbing(readinessProbe, target, signal, true, (succeeds, problem) => {
        if (!succeeds && ready) context.event('Unhealthy', `Readiness probe failed: ${problem}`);
        if (succeeds !== ready) set(running, succeeds, true);
      });
    };
    if (startupProbe === undefined) {
      watchLife();
      return;
    }
    set(running);
    const startup = new AbortController();
    const either = AbortSignal.any([signal, startup.signal]);
    void keepProbing(startupProbe, target, either, false, (succeeds, problem) => {
      startup.abort();
      if (succeeds) watchLife();
      else kill('Startup', startupProbe)(succeeds, problem);
    });
  };

  const endProcess = async (current: ContainerProcess, graceSeconds: number): Promise<void> => {
    const deadline = Date.now() + graceSeconds * 1000;
    const { preStop } = container.lifecycle ?? {};
    if (preStop !== undefined && current.running) {
      const hook = runHandler(preStop, target, graceSeconds * 1000).catch((error: Error) => {
        context.event('FailedPreStopHook', error.message);
      });
      await Promise.race([hook, current.ended, wait(graceSeconds * 1000, undefined, { ref: false })]);
    }
    await current.signal('SIGTERM');
    const patience = new AbortController();
    const left = Math.max(deadline - Date.now(), 0);
    await Promise.race([current.ended, wait(left, undefined, { signal: patience.signal, ref: false }).catch(() => {})]);
    patience.abort();
    await current.kill();
    await current.ended;
  };

  const runOnce = async (current: ContainerProcess): Promise<Ended> => {
    const startedAt = now();
    const probing = new AbortController();
    const { postStart } = container.lifecycle ?? {};
    if (postStart !== undefined) {
      await runHandler(postStart, target, 60_000).catch((error: Error) => {
        context.event('FailedPostStartHook', error.message);
        void endProcess(current, context.gracePeriodSeconds);
      });
    }
    if (current.running) probe(current, startedAt, probing.signal);
    const ended = await current.ended;
    probing.abort();
    const reason = ended.exitCode === 0 ? 'Completed' : 'Error';
    const message = await messageOf(context, starts, ended);
    const terminated = { ...ended, reason, startedAt, finishedAt: now(), ...(message === '' ? {} : { message }) };
    set({ terminated });
    return ended;
  };

  const run = async (): Promise<Ended | null> => {
    let delay = 0;
    for (;;) {
      process = await begin();
      if (process === null) return over;
      // a stop that came while it was being set up
      if (stopping.signal.aborted) await process.kill();
      over = await runOnce(process);
      if (stopping.signal.aborted || !context.restarts(over)) return over;
      lastState = state;
      if (delay > 0) {
        set({ waiting: { reason: 'CrashLoopBackOff', message: `restarting in ${delay / 1000} s` } });
        context.event('BackOff', `Back-off restarting failed container ${container.name}`);
        await pause(delay);
        if (stopping.signal.aborted) {
          set(lastState);
          return over;
        }
      }
      delay = Math.min(delay === 0 ? BACK_OFF_MS : delay * 2, MOST_BACK_OFF_MS);
      starts += 1;
    }
  };

  return {
    status: () => ({
      name: container.name,
      image: container.image,
      imageID: container.image,
      ready,
      started: startupDone,
      restartCount: starts,
      state,
      lastState,
      ...(state.waiting === undefined ? { containerID: `local://${container.name}-${starts}` } : {}),
    }),
    run: () => run().finally(markStarted),
    started,
    stop: async (graceSeconds) => {
      stopping.abort();
      if (process?.running) await endProcess(process, graceSeconds);
    },
    abandon: async () => {
      stopping.abort();
      await process?.kill();
      await process?.ended;
    },
    process: () => process,
    start: () => starts,
  };
}

/** What a container left to be said about its end. */
async function messageOf(context: ContainerContext, start: number, { exitCode }: Ended): Promise<string> {
  const written = await readFile(context.terminationMessage, 'utf8').catch(() => '');
  if (written !== '') return written.slice(-4096);
  if (exitCode === 0 || context.container.terminationMessagePolicy !== 'FallbackToLogsOnError') return '';
  return (await readFile(context.log(start), 'utf8').catch(() => '')).slice(-2048);
}

function now(): string {
  return new Date().toISOString().replace(/\.\d+Z$/, 'Z');
}
