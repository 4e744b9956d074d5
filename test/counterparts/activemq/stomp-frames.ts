/** One STOMP 1.2 frame. */
export interface StompFrame {
  command: string;
  headers: Record<string, string>;
  body: string;
}

const ESCAPES: ReadonlyArray<readonly [string, string]> = [
  ['\\', '\\\\'],
  ['\r', '\\r'],
  ['\n', '\\n'],
  [':', '\\c'],
];

function escapeHeader(text: string): string {
  return ESCAPES.reduce((escaped, [plain, code]) => escaped.replaceAll(plain, code), text);
}

function unescapeHeader(text: string): string {
  return text.replace(/\\[\\rnc]/g, (code) => ESCAPES.find((pair) => pair[1] === code)?.[0] ?? code);
}

/** A frame's bytes. Connecting frames are written without escapes, as the specification wants. */
export function encodeFrame({ command, headers, body }: StompFrame): Buffer {
  const write = command === 'CONNECT' ? (text: string) => text : escapeHeader;
  const length = Buffer.byteLength(body);
  const all = { ...headers, ...(length > 0 ? { 'content-length': String(length) } : {}) };
  const lines = Object.entries(all).map(([key, value]) => `${write(key)}:${write(value)}\n`);
  return Buffer.from(`${command}\n${lines.join('')}\n${body}\0`);
}

/** @returns takes bytes as they come, and gives the frames that are whole */
export function frameReader(): (bytes: Buffer) => StompFrame[] {
  let rest: Buffer = Buffer.alloc(0);
  return (bytes) => {
    rest = Buffer.concat([rest, bytes]);
    const frames: StompFrame[] = [];
    for (;;) {
      // line ends between frames are heart-beats
      const start = rest.findIndex((byte) => byte !== 0x0a && byte !== 0x0d);
      rest = start < 0 ? Buffer.alloc(0) : rest.subarray(start);
      const taken = takeFrame(rest);
      if (taken === null) return frames;
      frames.push(taken.frame);
      rest = rest.subarray(taken.length);
    }
  };
}

function takeFrame(bytes: Buffer): { frame: StompFrame; length: number } | null {
  const end = /\r?\n\r?\n/.exec(bytes.subarray(0, 65_536).toString('latin1'));
  if (end === null) return null;
  const [command = '', ...lines] = bytes.subarray(0, end.index).toString('utf8').split(/\r?\n/);
  const headers: Record<string, string> = {};
  for (const line of lines) {
    const colon = line.indexOf(':');
    const key = unescapeHeader(line.slice(0, colon));
    // of a repeated header the first counts
    headers[key] ??= unescapeHeader(line.slice(colon + 1));
  }
  const from = end.index + end[0].length;
  const told = headers['content-length'];
  const to = told === undefined ? bytes.indexOf(0, from) : from + Number(told);
  if (to < 0 || to >= bytes.length) return null;
  return { frame: { command, headers, body: bytes.subarray(from, to).toString('utf8') }, length: to + 1 };
}
