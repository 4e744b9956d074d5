import { setTimeout as wait } from 'node:timers/promises';
import { connectStomp, type Stomp } from '../../activemq/stomp.ts';
import type { Change } from '../catalog.ts';
import { BrokerDown } from '../cluster.ts';
import type { ClusterNode } from './settings.ts';

export interface Replication {
  /** Resolves when the broker has answered and, where this node receives, knows of it. */
  ready: Promise<void>;
  /** Begins to tell the others. */
  tell(changes: readonly Change[]): void;
  /** Resolves when the broker has all that was told. @throws BrokerDown */
  told(): Promise<void>;
  stop(): Promise<void>;
}

export interface ReplicationOptions {
  node: ClusterNode;
  /** Does another node's changes here. */
  receive(changes: Change[]): Promise<void>;
  log(text: string): void;
}

/**
 * GeoServer's JMS cluster: changes go to a virtual topic, and each instance has a queue of its name there, which the broker
 * keeps from the first time it listened. STOMP takes the place of OpenWire, and JSON that of XStream.
 */
export function replicate({ node, receive, log }: ReplicationOptions): Replication {
  const { instance, group, topic, broker } = node;
  const stopping = new AbortController();
  const ready = Promise.withResolvers<void>();
  let stomp: Stomp | null = null;
  let pending: Promise<void> = Promise.resolve();

  const listen = async (connection: Stomp) => {
    await connection.subscribe(`/queue/Consumer.${instance}.${topic}`, async ({ headers, body }) => {
      if (headers.instance === instance || headers.group !== group) return;
      await receive(JSON.parse(body) as Change[]);
    });
  };
  const keepConnected = async () => {
    for (let attempt = 0; !stopping.signal.aborted; attempt += 1) {
      const address = broker.hosts[attempt % broker.hosts.length]!;
      try {
        const connection = await connectStomp({ ...broker, ...address });
        if (node.receives) await listen(connection);
        stomp = connection;
        log(`broker ${address.host}:${address.port} connected`);
        ready.resolve();
        await connection.closed;
        stomp = null;
        log('broker lost');
      } catch (error) {
        log(`broker ${address.host}:${address.port}: ${error instanceof Error ? error.message : String(error)}`);
      }
      await wait(500, undefined, { signal: stopping.signal }).catch(() => {});
    }
  };
  const running = keepConnected();

  return {
    ready: ready.promise,
    tell(changes) {
      const connection = stomp;
      const sending =
        connection === null
          ? Promise.reject(new BrokerDown('the broker is not connected'))
          : connection.send(`/topic/${topic}`, JSON.stringify(changes), { instance, group }).catch((cause: unknown) => {
              throw new BrokerDown('the broker did not take it', { cause });
            });
      // heard in told()
      sending.catch(() => {});
      pending = pending.then(() => sending);
      pending.catch(() => {});
    },
    async told() {
      const all = pending;
      pending = Promise.resolve();
      await all;
    },
    async stop() {
      stopping.abort();
      await stomp?.close();
      await running;
    },
  };
}
