/**
 * The cluster that a run publishes to, as a process of its own so that its CPU is nobody else's: the stand-in with its latencies,
 * or doors before a real one that count. Takes its order as JSON; tells and forgets at `GET /requests` what was asked since.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { startGeoServer } from '../../../counterparts/geoserver/index.ts';
import { startGate } from '../../../faults/gate.ts';
import type { ClusterOrder, Told } from './order.ts';

const order = JSON.parse(process.argv[2] ?? '') as ClusterOrder;
const cluster = 'real' in order ? await doorsBefore(order.real) : await standIn(order);
const control = createServer((request, response) => {
  const told: Told = { nodes: cluster.nodes, requests: request.url === '/requests' ? cluster.take() : [] };
  response.setHeader('content-type', 'application/json').end(JSON.stringify(told));
});
control.listen(order.port, '127.0.0.1');
await Promise.race([once(process, 'SIGTERM'), once(process, 'SIGINT')]);
process.exit(0);

interface Counted {
  nodes: string[];
  /** Requests of each node since the last call. */
  take(): number[];
}

async function standIn({ lagMs, ...options }: Exclude<ClusterOrder, { real: unknown }>): Promise<Counted> {
  const started = await startGeoServer({ ...options, nodes: lagMs.length, keepMaps: true });
  for (const [node, ms] of lagMs.entries()) started.cluster.setDelay(node, ms);
  return {
    nodes: started.nodes,
    take: () => {
      const seen = started.requests.splice(0);
      return lagMs.map((_, node) => seen.filter((one) => one.node === node).length);
    },
  };
}

async function doorsBefore(nodes: readonly string[]): Promise<Counted> {
  const doors = await Promise.all(nodes.map((node) => startGate(node)));
  return {
    nodes: doors.map(({ url }) => url),
    take: () => doors.map(({ requests }) => requests.splice(0).length),
  };
}
