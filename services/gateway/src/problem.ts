import { type FieldError, PROBLEMS, type ProblemCode } from '@geosluice/gateway-api';
import { GeosluiceError, type GeosluiceErrorDetails, type Meaning } from '@geosluice/jobs';

export interface GatewayProblemDetails extends GeosluiceErrorDetails {
  errors?: FieldError[];
  headers?: Record<string, string>;
}

/** A refusal that becomes a problem document. */
export class GatewayProblem extends GeosluiceError {
  declare readonly code: ProblemCode;
  readonly means: Meaning;
  readonly errors: FieldError[] | undefined;
  readonly headers: Record<string, string>;

  constructor(code: ProblemCode, message: string, details: GatewayProblemDetails = {}) {
    super(code, message, details);
    this.means = PROBLEMS[code].status >= 500 ? 'retry' : 'reject';
    this.errors = details.errors;
    this.headers = details.headers ?? {};
  }
}
