import { once } from 'node:events';
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { connect } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import type { ExecResult } from './process.ts';
import type { Container, Handler, HttpGet, Probe } from './types.ts';

/** What a handler acts on. */
export interface HandlerTarget {
  container: Container;
  podIp: string;
  exec(command: readonly string[], timeoutMs: number): Promise<ExecResult>;
}

/** Runs a probe or a hook once. Resolves when it succeeded. @throws Error that says how it failed */
export async function runHandler(handler: Handler, target: HandlerTarget, timeoutMs: number): Promise<void> {
  if (handler.exec !== undefined) {
    const { code, output } = await target.exec(handler.exec.command, timeoutMs);
    if (code !== 0) throw new Error(`command ended with ${code}: ${output.slice(-1000)}`);
  } else if (handler.httpGet !== undefined) {
    await httpGet(handler.httpGet, target, timeoutMs);
  } else if (handler.tcpSocket !== undefined) {
    const socket = connect(portOf(handler.tcpSocket.port, target.container), handler.tcpSocket.host ?? target.podIp);
    try {
      await once(socket, 'connect', { signal: AbortSignal.timeout(timeoutMs) });
    } finally {
      socket.destroy();
    }
  } else if (handler.sleep !== undefined) {
    await wait(handler.sleep.seconds * 1000);
  } else {
    throw new Error('this kubelet knows exec, httpGet, tcpSocket and sleep only');
  }
}

function httpGet(
  { path = '/', port, host, scheme = 'HTTP', httpHeaders = [] }: HttpGet,
  target: HandlerTarget,
  timeoutMs: number,
): Promise<void> {
  const url = `${scheme.toLowerCase()}://${host ?? target.podIp}:${portOf(port, target.container)}${path.startsWith('/') ? '' : '/'}${path}`;
  const headers = {
    'user-agent': 'kube-probe',
    connection: 'close',
    ...Object.fromEntries(httpHeaders.map(({ name, value }) => [name, value])),
  };
  const options = { headers, signal: AbortSignal.timeout(timeoutMs), agent: false, rejectUnauthorized: false };
  return new Promise((resolve, reject) => {
    const sent = (scheme === 'HTTPS' ? requestHttps : requestHttp)(url, options, (response) => {
      response.resume();
      const status = response.statusCode ?? 0;
      if (status >= 200 && status < 400) resolve();
      else reject(new Error(`${url} answered ${status}`));
    });
    sent.on('error', (error) => reject(new Error(`${url}: ${error.message}`)));
    sent.end();
  });
}

function portOf(port: number | string, container: Container): number {
  if (typeof port === 'number') return port;
  const named = container.ports?.find(({ name }) => name === port)?.containerPort;
  if (named === undefined) throw new Error(`the container has no port named ${port}`);
  return named;
}

/** A readiness probe that has not succeeded yet is asked more often than it says, which saves tests their time. */
const EAGER_MS = 1_000;

/**
 * Probes until it is told to stop. `changed` hears of a result as soon as enough probes in a row agree on it.
 * @param eager whether to ask every second until the first success
 */
export async function keepProbing(
  probe: Probe,
  target: HandlerTarget,
  signal: AbortSignal,
  eager: boolean,
  changed: (succeeds: boolean, problem: string) => void,
): Promise<void> {
  const period = (probe.periodSeconds ?? 10) * 1000;
  const timeout = (probe.timeoutSeconds ?? 1) * 1000;
  const enough = { success: probe.successThreshold ?? 1, failure: probe.failureThreshold ?? 3 };
  let successes = 0;
  let failures = 0;
  let everSucceeded = false;
  try {
    await wait((probe.initialDelaySeconds ?? 0) * 1000, undefined, { signal, ref: false });
    for (;;) {
      const problem = await runHandler(probe, target, timeout).then(
        () => null,
        (error: Error) => error.message,
      );
      if (signal.aborted) return;
      successes = problem === null ? successes + 1 : 0;
      failures = problem === null ? 0 : failures + 1;
      if (successes >= enough.success) {
        everSucceeded = true;
        changed(true, '');
      }
      if (problem !== null && failures >= enough.failure) changed(false, problem);
      const next = eager && !everSucceeded ? Math.min(period, EAGER_MS) : period;
      await wait(next, undefined, { signal, ref: false });
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
