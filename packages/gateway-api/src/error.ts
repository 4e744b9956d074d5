import { GeosluiceError, type GeosluiceErrorDetails, type Meaning } from '@geosluice/jobs';
import type { Problem } from './problem.ts';

export interface GatewayErrorDetails extends GeosluiceErrorDetails {
  /** HTTP status; undefined where nothing answered. */
  status?: number | undefined;
  /** The problem document, where the answer was one. */
  problem?: Problem | undefined;
}

/**
 * A gateway that did not answer, or refused. `code` is the problem document's; besides `GATEWAY_UNREACHABLE` (nothing
 * answered), `GATEWAY_ANSWER_INVALID` (what answered is no gateway of this version) and `GATEWAY_<status>` (an answer
 * without a problem document, e.g. of a proxy).
 */
export class GatewayError extends GeosluiceError {
  readonly means: Meaning;
  readonly status: number | undefined;
  readonly problem: Problem | undefined;

  constructor(code: string, message: string, details: GatewayErrorDetails = {}) {
    super(code, message, details);
    this.status = details.status;
    this.problem = details.problem;
    this.means = decideMeaning(code, details.status);
  }
}

/** Worth another try: nothing answered, too many asked, or the trouble is on the other side. */
export function decideMeaning(code: string, status: number | undefined): Meaning {
  if (status === undefined) return code === 'GATEWAY_UNREACHABLE' ? 'retry' : 'reject';
  return status === 429 || status >= 500 ? 'retry' : 'reject';
}
