import { setTimeout as wait } from 'node:timers/promises';
import type { Log, PublishedLayer, RasterFacts, StoredObject } from '@geosluice/jobs';
import { decideCoverageOf, decideMap, decideStoreOf, decideViews, mapPath } from './decide-drawn.ts';
import { GeoServerError } from './errors.ts';
import type { Answer, Http } from './http.ts';
import type { Lags } from './lags.ts';
import { getCoverage, getDefaultStyle, getStore, type Look } from './rest.ts';
import { nativeNameOf, storeUrl } from './store-body.ts';
import { isToBind, type Style } from './style.ts';

export interface DrawnRequest {
  layer: PublishedLayer;
  object: Pick<StoredObject, 'bucket' | 'key'>;
  facts: RasterFacts;
  /** The layer never showed another object: what a node says of it need not be compared, and the primary has just taken it. */
  fresh?: boolean | undefined;
  /** The layer's, as `publish` was asked for it: a replica that did not hear of it draws by another. */
  style?: Style | null | undefined;
  /** Brings a node in line that answers and has not drawn by the deadline; then it is waited for once more. */
  repair?: ((node: string) => Promise<unknown>) | undefined;
  signal: AbortSignal;
  log: Log;
}

export interface Drawn {
  /** Nodes that had to be brought in line. */
  repaired: readonly string[];
}

type NodeState =
  | { kind: 'drawn'; empty: boolean }
  | {
      kind: 'behind';
      reason: string;
      unreachable: boolean;
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
 * pixels around data comes as a PNG that is not empty (unless the data is). Nodes are asked side by side. What the cluster
 * did not tell a node by the deadline, e.g. since its broker was away, is written to that node by itself.
 * @throws GeoServerError GEOSERVER_NODE_BEHIND naming each node that has not by the deadline
 */
export async function drawn(http: Http, lags: Lags, request: DrawnRequest): Promise<Drawn> {
  const layer = `${request.layer.workspace}:${request.layer.name}`;
  let followed = await followAll(http, lags, request, Date.now() + http.settings.drawnDeadlineMs);
  const repaired = await repairAll(request, layer, followed);
  if (repaired.length > 0) followed = await followAll(http, lags, request, Date.now() + http.settings.drawnDeadlineMs);
  const { nodes, states } = followed;
  const behind = behindOf(followed);
  const [first] = behind;
  if (first === undefined) {
    if (states.some((state) => state.kind === 'drawn' && state.empty)) request.log.warn({ layer }, 'Layer:Draw:Empty');
    request.log.info({ layer, nodes: nodes.length }, 'Layer:Draw:Done');
    return { repaired };
  }
  const said = behind.map(({ node, reason }) => `${node}: ${reason}`).join('; ');
  const message = `${layer} was not drawn within ${http.settings.drawnDeadlineMs} ms by ${said}`;
  // a node that cannot be reached at all stops every dataset
  const down = behind.some(({ unreachable }) => unreachable);
  throw new GeoServerError('GEOSERVER_NODE_BEHIND', message, { layer, node: first.node, down, cause: first.cause });
}

type Behind = Extract<NodeState, { kind: 'behind' }> & { node: string };

function behindOf({ nodes, states }: Followed): Behind[] {
  return states.flatMap((state, index) => (state.kind === 'behind' ? [{ ...state, node: nodes[index]! }] : []));
}

/** @returns the nodes that took what they lacked */
async function repairAll({ repair, log }: DrawnRequest, layer: string, followed: Followed): Promise<string[]> {
  const repaired: string[] = [];
  if (repair === undefined) return repaired;
  for (const { node, unreachable, final, reason } of behindOf(followed)) {
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

/** Follows every node there is until each has drawn or the time is up: also those that came meanwhile, and none that went. */
async function followAll(http: Http, lags: Lags, request: DrawnRequest, deadline: number): Promise<Followed> {
  const states = new Map<string, NodeState>();
  for (;;) {
    const nodes = await http.nodes(request.signal);
    const unseen = nodes.filter((node) => !states.has(node));
    if (unseen.length === 0) return { nodes, states: nodes.map((node) => states.get(node)!) };
    await Promise.all(
      unseen.map(async (node) => states.set(node, await followNode(http, lags, request, node, deadline))),
    );
  }
}

async function followNode(
  http: Http,
  lags: Lags,
  request: DrawnRequest,
  node: string,
  deadline: number,
): Promise<NodeState> {
  const [first, longest] = http.settings.pollMs;
  const begun = Date.now();
  const early = Math.min(lags.of(node), (deadline - begun) / 2);
  if (early > 0) await rest(early, request.signal);
  for (let [pause, looks] = [first, 1]; ; pause = Math.min(pause * 1.6, longest), looks += 1) {
    const lookedAt = Date.now();
    const state = await lookAtNode(http, request, node, deadline);
    if (state.kind === 'drawn') lags.saw(node, lookedAt - begun, looks);
    if (state.kind === 'drawn' || state.final === true || Date.now() + pause >= deadline) return state;
    if (state.unreachable && !(await http.nodes(request.signal)).includes(node)) return state;
    request.log.debug({ node, reason: state.reason }, 'Node:Draw:Wait');
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
  const { layer, facts, signal } = request;
  const timeoutMs = Math.max(1_000, Math.min(http.settings.readTimeoutMs, deadline - Date.now()));
  const look = { workspace: layer.workspace, name: layer.name, node, timeoutMs, signal };
  // a read of the primary's would wait for its lock, and writes for the read
  const stale = request.fresh === true && node === http.settings.url ? null : await staleOf(http, request, look);
  if (stale !== null) return { kind: 'behind', reason: stale, unreachable: false };
  // the primary itself took it
  if (request.style && node !== http.settings.url) {
    const bound = await getDefaultStyle(http, look);
    const missing = bound === null ? 'it does not know the layer yet' : 'its layer has another style';
    if (bound === null || isToBind(bound.style, request.style, look))
      return { kind: 'behind', reason: missing, unreachable: false };
  }

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

/** Why a node's catalog is not as wanted yet; null where it is. */
async function staleOf(http: Http, { layer, object, facts, fresh }: DrawnRequest, look: Look): Promise<string | null> {
  const wanted = { url: storeUrl(layer.storeType, object, http.settings), nativeName: nativeNameOf(object.key), facts };
  const stale = decideStoreOf(await getStore(http, look), wanted);
  if (stale !== null || fresh === true) return stale;
  return decideCoverageOf(await getCoverage(http, look), wanted);
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
