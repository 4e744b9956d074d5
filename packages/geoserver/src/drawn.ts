import type { Log, PublishedLayer, RasterFacts, StoredObject } from '@geosluice/jobs';
import { decideCoverageOf, decideMap, decideStoreOf, decideViews, mapPath } from './decide-drawn.ts';
import { GeoServerError } from './errors.ts';
import { type Followed, follow, type NodeState, timeLeft } from './follow.ts';
import type { Answer, Http } from './http.ts';
import type { Lags } from './lags.ts';
import { getCoverage, getSld, getStore, type Look } from './rest.ts';
import { nativeNameOf, storeUrl } from './store-body.ts';
import { type KnownStyles, PLAIN, type Style, unstyledOf } from './style.ts';

export interface DrawnRequest {
  layer: PublishedLayer;
  object: Pick<StoredObject, 'bucket' | 'key'>;
  facts: RasterFacts;
  /** The layer never showed another object: what a node says of it need not be compared, and the primary has just taken it. */
  fresh?: boolean | undefined;
  /** The layer's, as `publish` was asked for it: a replica that did not hear of it draws by another. Any will do where absent. */
  style?: Style | null | undefined;
  /** Brings a node in line that answers and has not drawn by the deadline; then it is waited for once more. */
  repair?: ((node: string) => Promise<unknown>) | undefined;
  signal: AbortSignal;
  log: Log;
}

export type Drawn = Pick<Followed<unknown>, 'repaired'>;

/** What is learnt of nodes from layer to layer. */
export interface Learnt {
  lags: Lags;
  /** Shared styles that they have, by `node workspace:name`. */
  styles: Set<string>;
}

type DrawnState = NodeState<{ empty: boolean }>;

/**
 * Waits until every node has drawn the layer from this very object: its catalog points there, and a map of 256 × 256
 * pixels around data comes as a PNG that is not empty (unless the data is).
 * @throws GeoServerError GEOSERVER_NODE_BEHIND naming each node that has not by the deadline
 */
export async function drawn(http: Http, { lags, styles }: Learnt, request: DrawnRequest): Promise<Drawn> {
  const layer = `${request.layer.workspace}:${request.layer.name}`;
  const { repair, signal, log } = request;
  const known: KnownStyles = { seen: styles, sldOfPrimary: sldOfPrimary(http, request) };
  const { found, repaired } = await follow(http, lags, {
    ...{ layer, done: 'drawn', waits: 'Node:Draw:Wait', repair, signal, log },
    nodes: http.nodes,
    look: (node, deadline) => askNode(http, known, request, node, deadline),
  });
  if (found.some(({ empty }) => empty)) log.warn({ layer }, 'Layer:Draw:Empty');
  log.info({ layer, nodes: found.length }, 'Layer:Draw:Done');
  return { repaired };
}

/** The layer's own style as the primary has it: one read for all replicas, since it waits for the primary's lock. */
function sldOfPrimary(http: Http, { layer: { workspace, name }, signal }: DrawnRequest): KnownStyles['sldOfPrimary'] {
  let sld: Promise<string | null> | undefined;
  return (style) => {
    sld ??= getSld(http, style, { workspace, name, signal }).catch((error: unknown) => {
      // what failed is not kept
      sld = undefined;
      throw error;
    });
    return sld;
  };
}

async function askNode(
  http: Http,
  known: KnownStyles,
  request: DrawnRequest,
  node: string,
  deadline: number,
): Promise<DrawnState> {
  const { layer, facts, signal } = request;
  const timeoutMs = timeLeft(http.settings.readTimeoutMs, deadline);
  const look = { workspace: layer.workspace, name: layer.name, node, timeoutMs, signal };
  // a read of the primary's would wait for its lock, and writes for the read
  const stale = request.fresh === true && node === http.settings.url ? null : await staleOf(http, request, look);
  if (stale !== null) return { kind: 'behind', reason: stale, unreachable: false };
  // the primary itself took it
  const style = request.style === null && request.fresh !== true ? PLAIN : request.style;
  if (style && node !== http.settings.url) {
    const unstyled = await unstyledOf(http, style, look, known);
    if (unstyled !== null) return { kind: 'behind', reason: unstyled, unreachable: false };
  }

  for (const view of decideViews(facts)) {
    const answer = await askMap(http, mapPath(layer, view.bbox), node, deadline, signal);
    if ('kind' in answer) return answer;
    const verdict = decideMap(answer);
    if (verdict.kind === 'drawn') return { kind: 'followed', found: { empty: false } };
    if (verdict.kind === 'not-yet') return { kind: 'behind', reason: verdict.reason, unreachable: false };
    if (view.emptyIsFine) return { kind: 'followed', found: { empty: true } };
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
): Promise<Answer | DrawnState> {
  const timeoutMs = timeLeft(http.settings.mapTimeoutMs, deadline);
  try {
    return await http.ask({ method: 'GET', path, node, timeoutMs, maxBytes: 2 * 1024 * 1024, signal });
  } catch (cause) {
    if (!(cause instanceof GeoServerError) || cause.code !== 'GEOSERVER_TIMEOUT') throw cause;
    return { kind: 'behind', reason: `no map within ${timeoutMs} ms`, unreachable: false, final: true, cause };
  }
}
