import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { StockLayer } from '../../geonode/stock-process.ts';
import type { Order, Said } from './geoserver-process.ts';

/** A request that GeoServer was sent. */
export interface Request {
  method: string;
  /** With its query. */
  path: string;
  /** Null where it was not answered. */
  status: number | null;
  /** From the arrival of its last byte until its answer was handed over. */
  ms: number;
}

/** GeoServer's part: the stand-in's documents over a catalog in memory, so that no answer waits for a disk or an object. */
export interface BenchGeoServer {
  url: string;
  user: string;
  password: string;
  /** From now on it has these layers and no others. @param listed whether it tells of their coverages where they are listed */
  hold(layers: readonly StockLayer[], listed?: boolean): Promise<void>;
  /** What it was asked since the last time, oldest first. */
  take(): Promise<Request[]>;
  stop(): Promise<void>;
}

/** V8 does all its work in the one thread that is before all others: helpers would keep it waiting. */
const V8 = ['--disable-warning=ExperimentalWarning', '--single-threaded', '--expose-gc'];

/** In a process of its own: nothing that the bench does keeps an answer waiting. */
export async function startBenchGeoServer(): Promise<BenchGeoServer> {
  const child = fork(join(import.meta.dirname, 'geoserver-process.ts'), { execArgv: V8 });
  const waiting: Array<PromiseWithResolvers<Said>> = [];
  const said = (): Promise<Said> => {
    const one = Promise.withResolvers<Said>();
    waiting.push(one);
    return one.promise;
  };
  child.on('message', (answer) => waiting.shift()?.resolve(answer as Said));
  child.once('exit', () => {
    for (const { reject } of waiting.splice(0)) reject(new Error('GeoServer’s part ended'));
  });
  const tell = (order: Order): Promise<Said> => {
    const answer = said();
    child.send(order);
    return answer;
  };
  const { url = '', user = '', password = '' } = await said();
  return {
    ...{ url, user, password },
    hold: async (layers, listed = true) => void (await tell({ hold: [...layers], listed })),
    take: async () => (await tell({ take: true })).requests ?? [],
    async stop() {
      const ended = once(child, 'exit');
      child.disconnect();
      await ended;
    },
  };
}
