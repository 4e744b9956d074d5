import { GeosluiceError, type GeosluiceErrorDetails, type Meaning } from '@geosluice/jobs';

/** Stable codes of what the pipeline itself throws. */
export type PipelineCode =
  /** Redis does not answer. */
  | 'REDIS_AWAY'
  /** Redis may evict keys; nothing starts on it. */
  | 'REDIS_MAY_EVICT'
  /** Redis answered with an error of its own, e.g. out of memory or no permission. */
  | 'REDIS_REFUSED'
  | 'DATASET_UNKNOWN'
  | 'CURSOR_INVALID'
  | 'WATCH_INVALID'
  /** A stage gave back a job that its schema refuses: a bug. */
  | 'OUTCOME_INVALID';

const REFUSALS: ReadonlySet<PipelineCode> = new Set(['DATASET_UNKNOWN', 'CURSOR_INVALID', 'WATCH_INVALID']);

/** What went wrong between us and Redis, or in what was asked of the pipeline. */
export class PipelineError extends GeosluiceError {
  declare readonly code: PipelineCode;
  readonly means: Meaning;

  constructor(code: PipelineCode, message: string, details: GeosluiceErrorDetails = {}) {
    super(code, message, { counterpart: 'redis', ...details });
    this.means = REFUSALS.has(code) ? 'reject' : 'retry';
  }
}

const CONNECTION = /ECONN|ENOTFOUND|EAI_AGAIN|EPIPE|ETIMEDOUT|timed out|[Cc]onnection is closed|LOADING|CLUSTERDOWN/;

/** True where an error says that Redis is away, and not that it refused what was asked, nor that another system is away. */
export function isAway(error: unknown): boolean {
  if (error instanceof GeosluiceError) return error instanceof PipelineError && error.code === 'REDIS_AWAY';
  if (!(error instanceof Error)) return false;
  return error.name === 'MaxRetriesPerRequestError' || CONNECTION.test(error.message);
}

/** An error of Redis or its client as one of ours; anything else is left as it is. */
export function asPipelineError(error: unknown): Error {
  if (!(error instanceof Error)) return new Error(String(error));
  if (error instanceof GeosluiceError) return error;
  if (isAway(error)) {
    return new PipelineError('REDIS_AWAY', `Redis does not answer: ${error.message}`, { cause: error, down: true });
  }
  if (error.name !== 'ReplyError') return error;
  return new PipelineError('REDIS_REFUSED', `Redis refused a command: ${error.message}`, { cause: error });
}

/** Whatever Redis or its client throws comes out as an error of ours. */
export async function asked<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw asPipelineError(error);
  }
}
