import { type Followed, follow, type NodeState, timeLeft } from './follow.ts';
import type { Http } from './http.ts';
import type { Lags } from './lags.ts';
import { type Left, leftOf, type RemoveRequest } from './remove.ts';

export interface GoneRequest extends Omit<RemoveRequest, 'node'> {
  /** Takes the layer from a node that answers and has it still at the deadline; then it is waited for once more. */
  repair?: ((node: string) => Promise<unknown>) | undefined;
}

export type Gone = Pick<Followed<unknown>, 'repaired'>;

const STILL: Record<Left, string> = {
  store: 'it has the store still',
  coverage: 'it has the coverage still',
  layer: 'it has the layer still',
};

/**
 * Waits until no replica has anything of the layer, once the primary has deleted it: each is asked for it by name, first for
 * the store, whose end is the last it is told of.
 * @param lags of removals: they are told apart from layers that come
 * @throws GeoServerError GEOSERVER_NODE_BEHIND naming each node that has not followed by the deadline
 */
export async function gone(http: Http, lags: Lags, request: GoneRequest): Promise<Gone> {
  const layer = `${request.workspace}:${request.name}`;
  const { repair, signal, log } = request;
  const { found, repaired } = await follow(http, lags, {
    ...{ layer, done: 'removed', waits: 'Node:Remove:Wait', repair, signal, log },
    // the primary itself did it
    nodes: async (of) => (await http.nodes(of)).filter((node) => node !== http.settings.url),
    look: (node, deadline) => askNode(http, request, node, deadline),
  });
  log.info({ layer, replicas: found.length }, 'Layer:Gone:Done');
  return { repaired };
}

async function askNode(http: Http, request: GoneRequest, node: string, deadline: number): Promise<NodeState<null>> {
  const { workspace, name, signal } = request;
  const look = { workspace, name, node, timeoutMs: timeLeft(http.settings.readTimeoutMs, deadline), signal };
  const left = await leftOf(http, look, request);
  // what another has put there meanwhile is no matter of this
  if (left === null || left === 'not-ours') return { kind: 'followed', found: null };
  return { kind: 'behind', reason: STILL[left], unreachable: false };
}
