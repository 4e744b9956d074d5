/** An answer of the API: what it says, and with which HTTP status. */
export interface Reply {
  code: number;
  body: unknown;
}

const REASONS = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  405: 'MethodNotAllowed',
  406: 'NotAcceptable',
  413: 'RequestEntityTooLarge',
  503: 'ServiceUnavailable',
} as const;

/** A refusal as Kubernetes' clients understand it. */
export function failure(code: keyof typeof REASONS, message: string): Reply {
  const status = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure' };
  return { code, body: { ...status, message, reason: REASONS[code], code } };
}
