import { setTimeout as wait } from 'node:timers/promises';
import type { Catalog, Change } from './catalog.ts';

export interface Cluster {
  /** Changes the catalog of one node and tells the others. @throws BrokerDown once the node's own catalog is changed */
  commit(node: number, changes: readonly Change[]): void;
  /** Milliseconds until a change arrives at a node. */
  setDelay(node: number, ms: number): void;
  /** Every so many-th change never arrives at a node; 0: all do. */
  lose(node: number, every: number): void;
  /** Each change arrives twice at a node. */
  double(node: number, twice: boolean): void;
  /** A paused node learns nothing until it is resumed. */
  pause(node: number): void;
  resume(node: number): void;
  /** While the broker is down, writes are done where they arrive, answered by 500, and told to nobody. */
  setBroker(up: boolean): void;
  /** Resolves when every node that is not paused has learnt all. */
  settled(): Promise<void>;
  stop(): void;
}

export class BrokerDown extends Error {}

/** What ActiveMQ does for GeoServer's JMS cluster: each change reaches each other node later, in order. */
export function createCluster(catalogs: readonly Catalog[], delayMs: number): Cluster {
  const stop = new AbortController();
  let brokerUp = true;
  const nodes = catalogs.map((catalog) => ({
    catalog,
    delay: delayMs,
    loses: 0,
    sent: 0,
    twice: false,
    paused: false,
    queue: [] as Array<{ change: Change; at: number }>,
    running: Promise.resolve(),
    active: false,
  }));
  const drain = async (node: (typeof nodes)[number]) => {
    for (let first = node.queue[0]; first !== undefined && !node.paused; first = node.queue[0]) {
      const left = first.at + node.delay - Date.now();
      if (left > 0) await wait(left, undefined, { signal: stop.signal }).catch(() => {});
      if (stop.signal.aborted || node.paused) break;
      node.queue.shift();
      node.catalog.apply(first.change);
    }
    node.active = false;
  };
  const start = (node: (typeof nodes)[number]) => {
    if (node.active || node.paused) return;
    node.active = true;
    node.running = drain(node);
  };
  const at = (index: number) => nodes[index]!;
  return {
    commit(index, changes) {
      for (const change of changes) at(index).catalog.apply(change);
      if (!brokerUp) throw new BrokerDown('the broker does not answer');
      for (const node of nodes) {
        if (node === nodes[index]) continue;
        for (const change of changes) {
          node.sent += 1;
          if (node.loses > 0 && node.sent % node.loses === 0) continue;
          const event = { change: structuredClone(change), at: Date.now() };
          node.queue.push(...(node.twice ? [event, event] : [event]));
        }
        start(node);
      }
    },
    setDelay: (index, ms) => {
      at(index).delay = ms;
    },
    lose: (index, every) => {
      at(index).loses = every;
    },
    double: (index, twice) => {
      at(index).twice = twice;
    },
    pause: (index) => {
      at(index).paused = true;
    },
    resume: (index) => {
      at(index).paused = false;
      start(at(index));
    },
    setBroker: (up) => {
      brokerUp = up;
    },
    async settled() {
      while (nodes.some((node) => node.active)) await Promise.all(nodes.map((node) => node.running));
    },
    stop: () => stop.abort(),
  };
}
