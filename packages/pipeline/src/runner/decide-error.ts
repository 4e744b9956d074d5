import { GeosluiceError, meaningOf } from '@geosluice/jobs';

/** What the runner does with whatever a stage threw. */
export type Verdict =
  | { kind: 'superseded' }
  | { kind: 'dead'; code: string; message: string; stack?: string }
  /** `down`: the counterpart as a whole; no attempt is burnt and the queue rests. */
  | {
      kind: 'retry';
      code: string;
      message: string;
      retryAfterMs: number | undefined;
      down: boolean;
      counterpart: string;
      stack?: string;
    };

/** Outages that this very job met again and again, while others brought the counterpart back, count as its own failures. */
const OUTAGES_ALLOWED = 5;
const MESSAGE_MAX = 2_000;
const STACK_MAX = 8_000;

export interface ErrorContext {
  /** The attempt that failed, 1 for the first. */
  attempt: number;
  attempts: number;
  outages: number;
}

export function decideError(error: unknown, { attempt, attempts, outages }: ErrorContext): Verdict {
  const message = textOf(error);
  const means = meaningOf(error);
  if (means === 'supersede') return { kind: 'superseded' };
  if (means === 'reject') return { kind: 'dead', code: codeOf(error) ?? 'JOB_INVALID', message };
  const ours = error instanceof GeosluiceError ? error : null;
  const stack = ours === null && error instanceof Error ? error.stack?.slice(0, STACK_MAX) : undefined;
  const down = (ours?.down ?? false) && outages <= OUTAGES_ALLOWED;
  if (!down && attempt >= attempts) {
    const tries = attempts === 1 ? 'the only attempt' : `all ${attempts} attempts`;
    const text = `${tries} failed; the last: ${message}`.slice(0, MESSAGE_MAX);
    return { kind: 'dead', code: 'RETRIES_EXHAUSTED', message: text, ...(stack === undefined ? {} : { stack }) };
  }
  return {
    ...{ kind: 'retry', code: codeOf(error) ?? 'BUG', message, down, retryAfterMs: ours?.retryAfterMs },
    counterpart: ours?.counterpart ?? 'unknown',
    ...(stack === undefined ? {} : { stack }),
  };
}

function codeOf(error: unknown): string | undefined {
  if (!(error instanceof GeosluiceError)) return undefined;
  return /^[A-Za-z0-9_-]{1,64}$/.test(error.code) ? error.code : undefined;
}

function textOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  // a url in a message may hold a presigned query or credentials
  const safe = text.replace(/(https?:\/\/)([^\s/@]*@)?([^\s?"'<>]*)\?[^\s"'<>]*/g, '$1$3?…');
  return (safe === '' ? 'an error without a message' : safe).slice(0, MESSAGE_MAX);
}
