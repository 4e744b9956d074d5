import type { Log } from '@geosluice/jobs';
import { type DestinationStream, type Logger, pino } from 'pino';

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

/** Cuts query strings and passwords out of urls, wherever they stand in a text: presigned urls are secrets. */
export function redactUrls(text: string): string {
  return text.replace(/\b([a-z][a-z0-9+.-]*:\/\/)([^\s"'<>]+)/gi, (_, scheme: string, rest: string) => {
    const bare = rest.replace(/^[^/@\s]*@/, '').replace(/[?#].*$/, '');
    return scheme + bare + (/[?]/.test(rest) ? '?…' : '');
  });
}

/** Structured logs, one JSON object a line; messages are events: `Noun:Verb:State`. */
export function createLog(options: {
  process: string;
  level: string;
  destination?: DestinationStream;
}): Log & Pick<Logger, 'child'> {
  const settings = {
    level: options.level,
    base: { process: options.process },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: { paths: REDACT, censor: '[redacted]' },
    serializers: { error: describeError, err: describeError },
    hooks: {
      streamWrite: redactUrlsInLine,
    },
  };
  return options.destination === undefined ? pino(settings) : pino(settings, options.destination);
}

/** The s3 uris of our own objects stay whole: their keys may hold `?` and are no secret. */
function redactUrlsInLine(line: string): string {
  return line.includes('://')
    ? line.replace(/"((?:[^"\\]|\\.)*:\/\/(?:[^"\\]|\\.)*)"/g, (quoted) =>
        quoted.includes('s3://') ? quoted : redactUrls(quoted),
      )
    : line;
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
    message: redactUrls(error.message),
    stack: redactUrls(error.stack ?? ''),
    cause: cause instanceof Error ? redactUrls(`${cause.name}: ${cause.message}`) : undefined,
  };
}
