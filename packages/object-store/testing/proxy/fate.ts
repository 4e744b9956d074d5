import type { IncomingMessage } from 'node:http';
import type { Operation } from './operation.ts';

/** Which of a request's two ways: up to the store, or back. */
export type Way = 'request' | 'answer';

/** What happens to a request. */
export type Fate = FarFate | NearFate;

/** The store never sees the request. */
export type NearFate =
  /** It is never answered. */
  | 'hold'
  /** The proxy answers in the store's place; with status 200, S3's way to fail a request it had begun to answer. */
  | {
      status: number;
      code: string;
      headers?: Record<string, string>;
      /** Before the body was read, closing the connection. */
      early?: boolean;
    };

/** The store sees the request, unless its way there ends early. */
export type FarFate =
  | 'pass'
  /** The answer is kept, and the connection open. */
  | 'mute'
  /** The connection is cut instead of the answer. */
  | 'cut'
  /** As `{ flip: 'request' }`. */
  | 'flip'
  /** A bit of the byte at an offset changes, by default of the first. */
  | { flip: Way; at?: number }
  /** Body of the request, body of the answer, or the answer from its first byte on, so slowly. */
  | { trickle: Way | 'head'; bytesPerSecond: number }
  /** The connection is reset once so many bytes of the body passed; a shorter one is left alone, a request's 0 come before all. */
  | { reset: Way; after: number }
  /** Without a Content-Length, in chunks; saying that the connection closes; after a 100 that nobody asked for. */
  | { frame: 'chunked' | 'close' | 'interim' }
  /** 200 at once and blanks every so many milliseconds until the store answered, as S3 does for Complete and Copy. */
  | { blanks: number }
  /** A header of the answer is set or removed. */
  | { header: [string, string | undefined] }
  | { rewrite: (body: string) => string };

/** Decides on each request; `number` counts those of the operation from 1. */
export type Decide = (operation: Operation, number: number, request: IncomingMessage) => Fate | Promise<Fate>;

export function isNear(fate: Fate): fate is NearFate {
  return fate === 'hold' || (typeof fate === 'object' && 'status' in fate);
}

/** How a store behaves, whatever else befalls a request. */
export interface Ways {
  /** Asked about what would reach the store. */
  decide: Decide;
  /** Told what became of a request that was to pass: the store's status, 0 where it never answered. */
  answered?(request: IncomingMessage, status: number): void;
}
