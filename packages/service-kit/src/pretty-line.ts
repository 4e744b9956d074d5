/** One line of the log for people: `12:00:00.000 INFO  upload File:Upload:Done dataset=d… ms=12`. */
export function prettyLine(line: string): string {
  const { level, time, process, msg, error, ...data } = JSON.parse(line) as Record<string, unknown>;
  const clock = String(time).slice(11, 23);
  const fields = Object.entries(data).map(([name, value]) => `${name}=${show(value)}`);
  const head = [clock, String(level).toUpperCase().padEnd(5), String(process), String(msg ?? ''), ...fields].join(' ');
  return error === undefined ? `${head}\n` : `${head}\n${indent(describe(error))}\n`;
}

function show(value: unknown): string {
  return typeof value === 'string' && /^[^\s"=]+$/.test(value) ? value : JSON.stringify(value);
}

function describe(error: unknown): string {
  if (typeof error !== 'object' || error === null) return String(error);
  const { stack, message, cause } = error as { stack?: unknown; message?: unknown; cause?: unknown };
  const own = String(stack ?? message ?? JSON.stringify(error));
  return cause === undefined ? own : `${own}\ncaused by ${String(cause)}`;
}

function indent(text: string): string {
  return text.replace(/^/gm, '    ');
}
