import { setTimeout as wait } from 'node:timers/promises';
import type { Log, PublishedLayer, RasterFacts, StoredObject } from '@geosluice/jobs';
import { decideCatalog, decideMap, decideViews, mapPath } from './decide-drawn.ts';
import { GeoServerError } from './errors.ts';
import type { Answer, Http } from './http.ts';
import { deleteStore } from './publish.ts';
import { getCoverage, getStore } from './rest.ts';
import { nativeNameOf, storeUrl } from './store-body.ts';

export interface DrawnRequest {
  layer: PublishedLayer;
  object: Pick<StoredObject, 'bucket' | 'key'>;
  facts: RasterFacts;
  signal: AbortSignal;
  log: Log;
}

type NodeState =
  | { kind: 'drawn'; empty: boolean }
  | {
      kind: 'behind';
      reason: string;
      unreachable: boolean;
      /** It answers, and knows nothing of the store or the layer. */
      unaware?: boolean;
      final?: boolean;
      cause?: unknown;
    };

interface Followed {
  nodes: readonly string[];
  /** Of each node, in their order. */
  states: NodeState[];
}

/**
 * Waits until every node has drawn the layer from this very object: its catalog points there, and a map of 256 × 256
 * pixels around data comes as a PNG that is not empty (unless the data is). Nodes are asked side by side.
 * A layer that only the primary has heard of by then is taken away, so that the next attempt makes it for all.
 * @throws GeoServerError GEOSERVER_NODE_BEHIND naming each node that has not by the deadline
 */
export async function drawn(http: Http, request: DrawnRequest): Promise<void> {
  const layer = `${request.layer.workspace}:${request.layer.name}`;
  const deadline = Date.now() + http.settings.drawnDeadlineMs;
  const { nodes, states } = await followAll(http, request, deadline);
  const behind = states.flatMap((state, index) => (state.kind === 'behind' ? [{ ...state, node: nodes[index]! }] : []));
  const [first] = behind;
  if (first === undefined) {
    if (states.some((state) => state.kind === 'drawn' && state.empty)) request.log.warn({ layer }, 'Layer:Draw:Empty');
    request.log.info({ layer, nodes: nodes.length }, 'Layer:Draw:Done');
    return;
  }
  if (wasToldToNobody(states)) {
    // made while the broker was away: no change of it reaches a node that never heard of it, so it is made anew
    request.log.warn({ layer }, 'Layer:Draw:Untold');
    await deleteStore(http, { workspace: request.layer.workspace, name: request.layer.store, signal: request.signal });
  }
  const said = behind.map(({ node, reason }) => `${node}: ${reason}`).join('; ');
  const message = `${layer} was not drawn within ${http.settings.drawnDeadlineMs} ms by ${said}`;
  // a node that cannot be reached at all stops every dataset
  const down = behind.some(({ unreachable }) => unreachable);
  throw new GeoServerError('GEOSERVER_NODE_BEHIND', message, { layer, node: first.node, down, cause: first.cause });
}

/** Follows every node there is until each has drawn or the time is up: also those that came meanwhile, and none that went. */
async function followAll(http: Http, request: DrawnRequest, deadline: number): Promise<Followed> {
  const states = new Map<string, NodeState>();
  for (;;) {
    const nodes = await http.nodes(request.signal);
    const unseen = nodes.filter((node) => !states.has(node));
    if (unseen.length === 0) return { nodes, states: nodes.map((node) => states.get(node)!) };
    await Promise.all(unseen.map(async (node) => states.set(node, await followNode(http, request, node, deadline))));
  }
}

/** True where the primary has drawn it and all other nodes answer, but not one of them has heard of it. */
function wasToldToNobody([primary, ...others]: readonly NodeState[]): boolean {
  if (primary?.kind !== 'drawn' || others.length === 0) return false;
  return others.every((state) => state.kind === 'behind' && state.unaware === true);
}

async function followNode(http: Http, request: DrawnRequest, node: string, deadline: number): Promise<NodeState> {
  const [first, longest] = http.settings.pollMs;
  for (let pause = first; ; pause = Math.min(pause * 1.6, longest)) {
    const state = await lookAtNode(http, request, node, deadline);
    if (state.kind === 'drawn' || state.final === true || Date.now() + pause >= deadline) return state;
    if (state.unreachable && !(await http.nodes(request.signal)).includes(node)) return state;
    request.log.debug({ node, reason: state.reason }, 'Node:Draw:Wait');
    await wait(pause, undefined, { signal: request.signal });
  }
}

async function lookAtNode(http: Http, request: DrawnRequest, node: string, deadline: number): Promise<NodeState> {
  try {
    return await askNode(http, request, node, deadline);
  } catch (error) {
    if (!(error instanceof GeoServerError)) throw error;
    // a read that waits for the node's lock is slow, not gone
    const unreachable = error.down && error.code !== 'GEOSERVER_TIMEOUT';
    return { kind: 'behind', reason: error.message, unreachable, cause: error };
  }
}

async function askNode(http: Http, request: DrawnRequest, node: string, deadline: number): Promise<NodeState> {
  const { layer, facts, object, signal } = request;
  const timeoutMs = Math.max(1_000, Math.min(http.settings.readTimeoutMs, deadline - Date.now()));
  const look = { workspace: layer.workspace, name: layer.name, node, timeoutMs, signal };
  const [store, coverage] = [await getStore(http, look), await getCoverage(http, look)];
  const wanted = { url: storeUrl(layer.storeType, object, http.settings), nativeName: nativeNameOf(object.key), facts };
  const stale = decideCatalog(store, coverage, wanted);
  const unaware = store === null || coverage === null;
  if (stale !== null) return { kind: 'behind', reason: stale, unreachable: false, unaware };

  for (const view of decideViews(facts)) {
    const answer = await askMap(http, mapPath(layer, view.bbox), node, deadline, signal);
    if ('kind' in answer) return answer;
    const verdict = decideMap(answer);
    if (verdict.kind === 'drawn') return { kind: 'drawn', empty: false };
    if (verdict.kind === 'not-yet') return { kind: 'behind', reason: verdict.reason, unreachable: false };
    if (view.emptyIsFine) return { kind: 'drawn', empty: true };
  }
  return { kind: 'behind', reason: 'the map is empty', unreachable: false };
}

/** A map that does not come may keep a thread of the node busy for ever: it is not asked for again, nor is it the node's fault. */
async function askMap(
  http: Http,
  path: string,
  node: string,
  deadline: number,
  signal: AbortSignal,
): Promise<Answer | NodeState> {
  const timeoutMs = Math.max(1_000, Math.min(http.settings.mapTimeoutMs, deadline - Date.now()));
  try {
    return await http.ask({ method: 'GET', path, node, timeoutMs, maxBytes: 2 * 1024 * 1024, signal });
  } catch (cause) {
    if (!(cause instanceof GeoServerError) || cause.code !== 'GEOSERVER_TIMEOUT') throw cause;
    return { kind: 'behind', reason: `no map within ${timeoutMs} ms`, unreachable: false, final: true, cause };
  }
}
