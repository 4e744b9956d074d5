import { setTimeout as wait } from 'node:timers/promises';
import type { Log } from '@geosluice/jobs';
import { GeoServerError } from './errors.ts';
import type { Http } from './http.ts';
import type { Lags } from './lags.ts';

/** What a look at a node found. */
export type NodeState<T> =
  | { kind: 'followed'; found: T }
  | {
      kind: 'behind';
      reason: string;
      unreachable: boolean;
      /** Another look, or a write, is of no use. */
      final?: boolean;
      cause?: unknown;
    };

export interface Follow<T> {
  /** `workspace:name`. */
  layer: string;
  /** What nodes are waited for to have done, for messages: `drawn`. */
  done: string;
  /** Log event of a look that came too early. */
  waits: string;
  /** The nodes there are now. */
  nodes(signal: AbortSignal): Promise<readonly string[]>;
  look(node: string, deadline: number): Promise<NodeState<T>>;
  /** Brings a node in line that answers and has not followed by the deadline; then it is waited for once more. */
  repair?: ((node: string) => Promise<unknown>) | undefined;
  signal: AbortSignal;
  log: Log;
}

export interface Followed<T> {
  /** Of each node. */
  found: readonly T[];
  /** Nodes that had to be brought in line. */
  repaired: readonly string[];
}

interface Seen<T> {
  nodes: readonly string[];
  /** Of each node, in their order. */
  states: NodeState<T>[];
}

/**
 * Waits until every node has followed the primary. They are asked side by side. What the cluster did not tell a node by the
 * deadline, e.g. since its broker was away, is written to that node by itself.
 * @throws GeoServerError GEOSERVER_NODE_BEHIND naming each node that has not followed by the deadline
 */
export async function follow<T>(http: Http, lags: Lags, request: Follow<T>): Promise<Followed<T>> {
  const { layer } = request;
  const { drawnDeadlineMs } = http.settings;
  let seen = await followAll(lags, http.settings.pollMs, request, Date.now() + drawnDeadlineMs);
  const repaired = await repairAll(request, seen);
  if (repaired.length > 0) {
    // what a node is written it tells the others, and that may begin with an end: none is asked before it heard of it
    await rest(http.settings.pollMs[1], request.signal);
    seen = await followAll(lags, http.settings.pollMs, request, Date.now() + drawnDeadlineMs);
  }
  const behind = behindOf(seen);
  const [first] = behind;
  if (first === undefined) {
    return { found: seen.states.flatMap((state) => (state.kind === 'followed' ? [state.found] : [])), repaired };
  }
  const said = behind.map(({ node, reason }) => `${node}: ${reason}`).join('; ');
  const message = `${layer} was not ${request.done} within ${drawnDeadlineMs} ms by ${said}`;
  // a node that cannot be reached at all stops every dataset
  const down = behind.some(({ unreachable }) => unreachable);
  throw new GeoServerError('GEOSERVER_NODE_BEHIND', message, { layer, node: first.node, down, cause: first.cause });
}

/** Milliseconds one request may take: no more than is left, nor so few that a sound node fails. */
export function timeLeft(most: number, deadline: number): number {
  return Math.max(1_000, Math.min(most, deadline - Date.now()));
}

type Behind = Extract<NodeState<unknown>, { kind: 'behind' }> & { node: string };

function behindOf({ nodes, states }: Seen<unknown>): Behind[] {
  return states.flatMap((state, index) => (state.kind === 'behind' ? [{ ...state, node: nodes[index]! }] : []));
}

/** @returns the nodes that took what they lacked */
async function repairAll({ repair, layer, log }: Follow<unknown>, seen: Seen<unknown>): Promise<string[]> {
  const repaired: string[] = [];
  if (repair === undefined) return repaired;
  for (const { node, unreachable, final, reason } of behindOf(seen)) {
    if (unreachable || final === true) continue;
    try {
      await repair(node);
      repaired.push(node);
      log.warn({ layer, node, reason }, 'Node:Repair:Done');
    } catch (error) {
      // its own reason for being behind says more
      if (!(error instanceof GeoServerError)) throw error;
      log.warn({ layer, node, error: error.message }, 'Node:Repair:Failed');
    }
  }
  return repaired;
}

type PollMs = Http['settings']['pollMs'];

/** Follows every node there is until each has followed or the time is up: also those that came meanwhile, and none that went. */
async function followAll<T>(lags: Lags, pollMs: PollMs, request: Follow<T>, deadline: number): Promise<Seen<T>> {
  const states = new Map<string, NodeState<T>>();
  for (;;) {
    const nodes = await request.nodes(request.signal);
    const unseen = nodes.filter((node) => !states.has(node));
    if (unseen.length === 0) return { nodes, states: nodes.map((node) => states.get(node)!) };
    await Promise.all(
      unseen.map(async (node) => states.set(node, await followNode(lags, pollMs, request, node, deadline))),
    );
  }
}

async function followNode<T>(
  lags: Lags,
  [first, longest]: PollMs,
  request: Follow<T>,
  node: string,
  deadline: number,
): Promise<NodeState<T>> {
  const begun = Date.now();
  const early = Math.min(lags.of(node), (deadline - begun) / 2);
  if (early > 0) await rest(early, request.signal);
  for (let [pause, looks] = [first, 1]; ; pause = Math.min(pause * 1.6, longest), looks += 1) {
    const lookedAt = Date.now();
    const state = await lookAtNode(request, node, deadline);
    if (state.kind === 'followed') lags.saw(node, lookedAt - begun, looks);
    if (state.kind === 'followed' || state.final === true || Date.now() + pause >= deadline) return state;
    if (state.unreachable && !(await request.nodes(request.signal)).includes(node)) return state;
    request.log.debug({ node, reason: state.reason }, request.waits);
    await rest(pause, request.signal);
  }
}

/** @throws the signal's own reason */
async function rest(ms: number, signal: AbortSignal): Promise<void> {
  await wait(ms, undefined, { signal }).catch((error: unknown) => {
    signal.throwIfAborted();
    throw error;
  });
}

async function lookAtNode<T>(request: Follow<T>, node: string, deadline: number): Promise<NodeState<T>> {
  try {
    return await request.look(node, deadline);
  } catch (error) {
    if (!(error instanceof GeoServerError)) throw error;
    // a read that waits for the node's lock is slow, not gone
    const unreachable = error.down && error.code !== 'GEOSERVER_TIMEOUT';
    return { kind: 'behind', reason: error.message, unreachable, cause: error };
  }
}
