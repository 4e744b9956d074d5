import { EventEmitter, once } from 'node:events';
import { Agent, createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type Decide, type FarFate, type Fate, isNear, type Ways } from './proxy/fate.ts';
import { answerNear, forward } from './proxy/forward.ts';
import { type Operation, operationOf, queryOf } from './proxy/operation.ts';
import { resigned, type StoreKeys } from './proxy/resign.ts';

export type { Decide, Fate } from './proxy/fate.ts';
export type { Operation } from './proxy/operation.ts';
export { keyOf } from './proxy/operation.ts';
export { clockAhead, minio, tokenEndsAt } from './proxy/ways.ts';

export interface S3Proxy {
  endpoint: string;
  count(operation: Operation): number;
  /** Every request since the last reset, in the order they came. */
  requests(): Operation[];
  /** Numbers of the parts that were sent, each once; what an aborted request sent late shows only here as nothing new. */
  parts(): number[];
  reset(): void;
  /** Connections that were opened so far. */
  connections(): number;
  /** Most requests of an operation at one time. */
  highest(operation: Operation): number;
  /** Decides on each request what becomes of it. */
  decide: Decide;
  /** Resolves when so many requests of an operation were answered. */
  answered(operation: Operation, number: number): Promise<void>;
  /** Resolves when so many requests of an operation came in. */
  seen(operation: Operation, number: number): Promise<void>;
  /** Closes kept connections on which nothing is under way. */
  closeIdle(): void;
  close(): Promise<void>;
}

export interface ProxyOptions {
  /** How the store behaves beyond what it does by itself. */
  ways?: Ways | undefined;
  /** Sign everything anew with these, so that clients may come with any keys, token and time. */
  keys?: StoreKeys | undefined;
  /** Headers that neither the store nor the client gets to see, as if the store did not know them. Wants `keys`. */
  unknown?: RegExp | undefined;
}

/** Stands before an S3 server, counts what is asked of it, and makes it fail on demand. It never says 100 Continue. */
export async function startProxy(upstream: string, options: ProxyOptions = {}): Promise<S3Proxy> {
  const target = new URL(upstream);
  const agent = new Agent({ keepAlive: true });
  const events = new EventEmitter().setMaxListeners(0);
  const counts = { seen: new Map<Operation, number>(), answered: new Map<Operation, number>() };
  const open = new Map<Operation, number>();
  const sentParts = new Set<number>();
  const most = new Map<Operation, number>();
  let requests: Operation[] = [];
  const add = (map: Map<Operation, number>, operation: Operation, by: number): number => {
    const value = (map.get(operation) ?? 0) + by;
    map.set(operation, value);
    return value;
  };

  const hidden = (name: string): boolean => options.unknown?.test(name) === true;
  const handle = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    const operation = operationOf(incoming);
    if (operation === 'UploadPart') sentParts.add(Number(queryOf(incoming).get('partNumber')));
    const number = add(counts.seen, operation, 1);
    requests.push(operation);
    most.set(operation, Math.max(most.get(operation) ?? 0, add(open, operation, 1)));
    outgoing.once('close', () => add(open, operation, -1));
    events.emit('change');
    const decided = await proxy.decide(operation, number, incoming);
    if (isNear(decided)) return answerNear(incoming, outgoing, decided);
    const own: Fate = (await options.ways?.decide(operation, number, incoming)) ?? 'pass';
    if (isNear(own)) return answerNear(incoming, outgoing, own);
    const fate: FarFate = decided === 'pass' ? own : decided;
    forward(target, agent, {
      ...{ incoming, outgoing, fate, hidden },
      headers: options.keys === undefined ? incoming.headers : resigned(incoming, options.keys, hidden),
      onStatus: (status) => options.ways?.answered?.(incoming, status),
      onDone: () => {
        add(counts.answered, operation, 1);
        events.emit('change');
      },
    });
  };
  const server = createServer((incoming, outgoing) => void handle(incoming, outgoing));
  server.on('checkContinue', (incoming: IncomingMessage, outgoing: ServerResponse) => void handle(incoming, outgoing));

  const reached = async (which: 'seen' | 'answered', operation: Operation, number: number): Promise<void> => {
    while ((counts[which].get(operation) ?? 0) < number) await once(events, 'change');
  };

  let connections = 0;
  server.on('connection', () => {
    connections += 1;
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const proxy: S3Proxy = {
    endpoint: `http://127.0.0.1:${address.port}`,
    count: (operation) => counts.seen.get(operation) ?? 0,
    requests: () => [...requests],
    parts: () => [...sentParts].sort((a, b) => a - b),
    reset: () => {
      sentParts.clear();
      requests = [];
      for (const map of [counts.seen, counts.answered, most]) map.clear();
      proxy.decide = () => 'pass';
    },
    connections: () => connections,
    highest: (operation) => most.get(operation) ?? 0,
    decide: () => 'pass',
    answered: (operation, number) => reached('answered', operation, number),
    seen: (operation, number) => reached('seen', operation, number),
    closeIdle: () => server.closeIdleConnections(),
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
      agent.destroy();
    },
  };
  return proxy;
}
