import { once } from 'node:events';
import { Agent, createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import { until } from '../world/until.ts';

/** A worker before it may be killed first, whose jobs wait for their locks to run out. */
const MET_MS = 90_000;

export interface GateRequest {
  method: string;
  /** Path and query, as they came. */
  path: string;
  copies: boolean;
  /** True once the whole answer of the counterpart was passed on. */
  answered: boolean;
}

export type Match = (request: GateRequest) => boolean;

export interface Hold {
  /** Resolves when so many requests of this hold are held at one time; 1. */
  met(count?: number): Promise<void>;
  /** Resolves when none is held any more, e.g. because the client died. */
  gone(): Promise<void>;
  /** Lets all go that are held, and holds no more. */
  release(): void;
}

/** A door before a counterpart that can be shut, and behind which requests can be made to wait. */
export interface Gate {
  /** In the place of the counterpart's own. */
  url: string;
  requests: GateRequest[];
  /**
   * Holds requests that match once `pass` of them went through. `done`: the counterpart does the work, and only its answer
   * is held.
   */
  hold(match: Match, how?: { pass?: number; done?: boolean }): Hold;
  /** Answers each request whose body holds a text with a status, as a proxy does behind which a server fell. @returns ends it */
  fall(text: string, status: number): () => void;
  /** From now on every request waits so many milliseconds before it goes on, as over a long line. */
  slow(ms: number): void;
  /** Refuses connections, and breaks those that are open. */
  shut(): Promise<void>;
  open(): Promise<void>;
  close(): Promise<void>;
}

interface Holding {
  match: Match;
  left: number;
  done: boolean;
  held: number;
  released: Promise<void>;
}

/** Stands before any counterpart that speaks HTTP. `upstream` may have a path, which is part of the gate's url as well. */
export async function startGate(upstream: string): Promise<Gate> {
  const target = new URL(upstream);
  const agent = new Agent({ keepAlive: true });
  const requests: GateRequest[] = [];
  const holdings: Holding[] = [];
  const falls = new Set<{ text: string; status: number }>();
  let latencyMs = 0;

  const holdFor = (request: GateRequest): Holding | null => {
    const holding = holdings.find(({ match }) => match(request));
    if (holding === undefined) return null;
    if (holding.left <= 0) return holding;
    holding.left -= 1;
    return null;
  };

  /** @returns false where the client went away meanwhile */
  const heldBy = async (holding: Holding, outgoing: ServerResponse): Promise<boolean> => {
    // one that died while the counterpart worked says so no second time
    if (outgoing.closed) return false;
    holding.held += 1;
    const gone = once(outgoing, 'close');
    await Promise.race([holding.released, gone]);
    holding.held -= 1;
    return !outgoing.destroyed;
  };

  const serve = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    const { method = 'GET', url = '/', headers } = incoming;
    const request: GateRequest = {
      ...{ method, path: url, copies: headers['x-amz-copy-source'] !== undefined, answered: false },
    };
    requests.push(request);
    if (latencyMs > 0) await wait(latencyMs);
    const holding = holdFor(request);
    // a body that is not read would hide that the client is gone
    const whole = holding === null && falls.size === 0 ? null : await buffer(incoming);
    const fall = [...falls].find(({ text }) => whole?.includes(text));
    if (fall !== undefined) return void outgoing.writeHead(fall.status).end();
    const body = whole === null ? incoming : Readable.from([whole]);
    if (holding !== null && !holding.done && !(await heldBy(holding, outgoing))) return;
    const onward = httpRequest({ host: target.hostname, port: target.port, method, path: url, headers, agent });
    onward.on('error', () => outgoing.destroy());
    if (holding?.done !== true) outgoing.once('close', () => onward.destroy());
    body.pipe(onward);
    const [response] = (await once(onward, 'response')) as [IncomingMessage];
    if (holding?.done === true && !(await heldBy(holding, outgoing))) return void response.resume();
    outgoing.writeHead(response.statusCode ?? 502, response.headers);
    response.pipe(outgoing);
    outgoing.once('finish', () => {
      request.answered = true;
    });
  };

  const server = createServer((incoming, outgoing) => {
    serve(incoming, outgoing).catch(() => outgoing.destroy());
  });
  const listen = async (port: number): Promise<number> => {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    return address.port;
  };
  const shut = async (): Promise<void> => {
    if (!server.listening) return;
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  };
  const port = await listen(0);

  return {
    url: `http://127.0.0.1:${port}${target.pathname === '/' ? '' : target.pathname}`,
    requests,
    hold(match, { pass = 0, done = false } = {}) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const holding: Holding = { match, left: pass, done, held: 0, released: promise };
      holdings.push(holding);
      return {
        async met(count = 1) {
          await until(`${count} requests are held`, () => holding.held >= count, { withinMs: MET_MS });
        },
        async gone() {
          await until('no request is held', () => holding.held === 0);
        },
        release() {
          const at = holdings.indexOf(holding);
          if (at >= 0) holdings.splice(at, 1);
          resolve();
        },
      };
    },
    fall(text, status) {
      const fall = { text, status };
      falls.add(fall);
      return () => void falls.delete(fall);
    },
    slow: (ms) => {
      latencyMs = ms;
    },
    shut,
    open: async () => {
      if (!server.listening) await listen(port);
    },
    close: async () => {
      await shut();
      agent.destroy();
    },
  };
}
