import type { Log } from '@geosluice/jobs';
import { type DestinationStream, destination, type Logger, pino } from 'pino';
import { prettyLine } from './pretty-line.ts';

/** Values under these names never reach a log, however deep they lie (three levels are looked at). */
const SECRET_NAMES = [
  'password',
  'secret',
  'token',
  'key',
  'authorization',
  'secretAccessKey',
  'sessionToken',
  'accessKeyId',
  'cookie',
];
const REDACT = SECRET_NAMES.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]);

/**
 * Cuts query strings and passwords out of urls, wherever they stand in a text: presigned urls are secrets. S3 uris stay
 * whole: their keys may hold `?` and are no secret.
 */
export function redactUrls(text: string): string {
  return text.replace(/\b([a-z][a-z0-9+.-]*:\/\/)([^\s"'<>]+)/gi, (whole: string, scheme: string, rest: string) => {
    if (scheme.toLowerCase() === 's3://') return whole;
    const bare = rest.replace(/^[^/?#]*@/, '').replace(/[?#].*$/, '');
    return scheme + bare + (rest.includes('?') ? '?…' : '');
  });
}

/** Structured logs, one JSON object a line; messages are events: `Noun:Verb:State`. */
export function createLog(options: {
  process: string;
  level: string;
  /** `pretty` is for people at a terminal; `json` where absent. */
  format?: 'json' | 'pretty';
  destination?: DestinationStream;
}): Log & Pick<Logger, 'child'> {
  const settings = {
    level: options.level,
    base: { process: options.process },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: { paths: REDACT, censor: '[redacted]' },
    serializers: { error: describeError, err: describeError },
    hooks: { streamWrite: options.format === 'pretty' ? (line: string) => prettyLine(redactLine(line)) : redactLine },
  };
  // each line is written when it is told: in order, and not lost when the process ends at once
  return pino(settings, options.destination ?? destination({ sync: true }));
}

/** Read and written again, since a url ends where a string does, which its escaped form does not show. */
function redactLine(line: string): string {
  if (!line.includes('://')) return line;
  const redacted = JSON.parse(line, (_, value: unknown) => (typeof value === 'string' ? redactUrls(value) : value));
  return `${JSON.stringify(redacted)}\n`;
}

function describeError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { code, subject, counterpart, cause } = error as Error & {
    code?: unknown;
    subject?: unknown;
    counterpart?: unknown;
  };
  return {
    name: error.name,
    code,
    subject,
    counterpart,
    message: error.message,
    stack: error.stack,
    cause: cause instanceof Error ? `${cause.name}: ${cause.message}` : undefined,
  };
}
