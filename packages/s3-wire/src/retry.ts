import { WireError } from './error.ts';

/** A kept connection that its peer had closed: nothing was done, and a new one will do. */
export class StaleConnection extends Error {
  constructor(cause: unknown) {
    super('a kept connection was closed by its peer', { cause });
    this.name = 'StaleConnection';
  }
}

export interface Retry {
  /** What may be set right before the next try. */
  amend: 'nothing' | 'connection' | 'clock' | 'credentials';
  /** Whether waiting alone may help. */
  again: boolean;
  afterMs: number;
  slowDown: boolean;
}

const BROKEN = new Set(
  'ECONNRESET EPIPE ETIMEDOUT ECONNABORTED ECONNREFUSED EAI_AGAIN EHOSTUNREACH ENETUNREACH ERR_STREAM_DESTROYED ERR_STREAM_WRITE_AFTER_END'.split(
    ' ',
  ),
);
const BUSY = new Set(
  'SlowDown SlowDownRead SlowDownWrite Throttling ThrottlingException RequestLimitExceeded TooManyRequests'.split(' '),
);
const EXPIRED = new Set('ExpiredToken ExpiredTokenException TokenRefreshRequired InvalidToken'.split(' '));
const PASSING = new Set([408, 500, 502, 504]);

const BASE_MS = 100;
const BUSY_BASE_MS = 500;
const MOST_MS = 10_000;
/** What a store asks for beyond this is its caller's to wait for. */
const MOST_ASKED_MS = 30_000;

/** The session that credentials are of has ended, whatever they said of its end. */
export function isExpired(error: Error): boolean {
  return EXPIRED.has(error.name);
}

/** Connections that broke, or could not be made. */
export function isBroken(error: Error): boolean {
  return BROKEN.has((error as { code?: string }).code ?? '');
}

/** @returns null where nothing helps. `attempt` is the one that failed, 1 for the first */
export function decideRetry(error: unknown, attempt: number, random: () => number = Math.random): Retry | null {
  if (!(error instanceof Error)) return null;
  const wait = (base: number): number => Math.ceil((0.5 + random() / 2) * Math.min(MOST_MS, base * 2 ** (attempt - 1)));
  const retry = { amend: 'nothing', again: true, afterMs: wait(BASE_MS), slowDown: false } as const;
  if (error instanceof StaleConnection) return { ...retry, amend: 'connection' };
  if (isBroken(error) || error.name === 'TimeoutError') return retry;
  if (!(error instanceof WireError)) return null;
  const { name, status } = error;
  // Forbidden and BadRequest are answers to a HEAD, which have no body to say why
  if (name === 'RequestTimeTooSkewed' || name === 'Forbidden') return { ...retry, amend: 'clock', again: false };
  if (isExpired(error) || name === 'BadRequest') return { ...retry, amend: 'credentials', again: false };
  if (BUSY.has(name) || status === 503 || status === 429) {
    const asked = Number(error.$response.headers['retry-after']) * 1000;
    if (asked > MOST_ASKED_MS) return { ...retry, again: false, slowDown: true };
    return { ...retry, afterMs: Math.max(wait(BUSY_BASE_MS), asked || 0), slowDown: true };
  }
  // S3's RequestTimeout is a 400: nothing came for a while
  return PASSING.has(status) || name === 'RequestTimeout' ? retry : null;
}
