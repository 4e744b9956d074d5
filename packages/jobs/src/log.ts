/** The small logger libraries take; pino's satisfies it. Messages are events: `Noun:Verb:State`. */
export interface Log {
  debug(data: object, event: string): void;
  info(data: object, event: string): void;
  warn(data: object, event: string): void;
  error(data: object, event: string): void;
}

export const SILENT: Log = { debug() {}, info() {}, warn() {}, error() {} };
