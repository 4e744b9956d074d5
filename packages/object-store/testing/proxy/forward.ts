import {
  type Agent,
  request as httpRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import type { Socket } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { endedAfter, flipped, trickled } from './bytes.ts';
import type { FarFate, NearFate, Way } from './fate.ts';

export interface Forwarded {
  incoming: IncomingMessage;
  outgoing: ServerResponse;
  /** As they go on. */
  headers: IncomingHttpHeaders;
  fate: FarFate;
  /** Headers of the answer that are left out. */
  hidden(header: string): boolean;
  /** Told once: the store's status, 0 where it did not answer. */
  onStatus(status: number): void;
  /** The answer, or what takes its place, is out. */
  onDone(): void;
}

/** Sends a request on to the store and its answer back, with what befalls them on the way. */
export function forward(target: URL, agent: Agent, forwarded: Forwarded): void {
  const { incoming, outgoing, headers, fate } = forwarded;
  const { method, url } = incoming;
  const nothingPasses = typeof fate === 'object' && 'reset' in fate && fate.reset === 'request' && fate.after === 0;
  // a client may also have left while its fate was decided
  if (nothingPasses || outgoing.closed) {
    forwarded.onStatus(0);
    incoming.socket.resetAndDestroy();
    return;
  }
  let told = false;
  const tell = (status: number): void => {
    if (!told) forwarded.onStatus(status);
    told = true;
  };
  const onward = httpRequest({ host: target.hostname, port: target.port, method, path: url, headers, agent });
  const blanks = typeof fate === 'object' && 'blanks' in fate ? startBlanks(outgoing, fate.blanks) : null;
  onward.once('response', (response) => {
    tell(response.statusCode ?? 0);
    const answered = blanks === null ? answer(forwarded, response) : blanks.end(response);
    answered.then(forwarded.onDone, () => incoming.socket.destroy());
  });
  onward.on('error', () => incoming.socket.destroy());
  outgoing.once('close', () => {
    tell(0);
    onward.destroy();
  });
  pipeline(befallen(incoming, 'request', fate, incoming.socket), onward).catch(() => onward.destroy());
}

/** Answers in the store's place. */
export function answerNear(incoming: IncomingMessage, outgoing: ServerResponse, fate: NearFate): void {
  if (fate === 'hold') {
    incoming.resume();
    return;
  }
  const say = (): void => {
    const close = fate.early === true ? { connection: 'close' } : {};
    outgoing.writeHead(fate.status, { 'content-type': 'application/xml', ...close, ...fate.headers });
    outgoing.end(`<?xml version="1.0"?><Error><Code>${fate.code}</Code><Message>on demand</Message></Error>`);
  };
  if (fate.early === true) say();
  else incoming.resume().once('end', say);
}

function befallen(bytes: IncomingMessage, way: Way, fate: FarFate, socket: Socket): AsyncIterable<Buffer> {
  if (fate === 'flip') return way === 'request' ? flipped(bytes, 0) : bytes;
  if (typeof fate !== 'object') return bytes;
  if ('flip' in fate && fate.flip === way) return flipped(bytes, fate.at ?? 0);
  if ('trickle' in fate && fate.trickle === way) return trickled(bytes, fate.bytesPerSecond);
  if ('reset' in fate && fate.reset === way) return endedAfter(bytes, fate.after, () => socket.resetAndDestroy());
  return bytes;
}

async function answer({ incoming, outgoing, fate, hidden }: Forwarded, response: IncomingMessage): Promise<void> {
  if (fate === 'cut' || fate === 'mute') {
    await textOf(response);
    if (fate === 'cut') incoming.socket.destroy();
    return;
  }
  const status = response.statusCode ?? 502;
  const headers = Object.fromEntries(Object.entries(response.headers).filter(([name]) => !hidden(name)));
  if (typeof fate === 'object') {
    if ('trickle' in fate && fate.trickle === 'head') return trickleAll(incoming.socket, response, fate.bytesPerSecond);
    if ('rewrite' in fate) {
      const body = fate.rewrite(await textOf(response));
      delete headers['transfer-encoding'];
      outgoing.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) });
      outgoing.end(body);
      return;
    }
    if ('header' in fate) {
      const [name, value] = fate.header;
      if (value === undefined) delete headers[name];
      else headers[name] = value;
    }
    if ('frame' in fate) {
      // of a HEAD it is what was asked for
      if (fate.frame === 'chunked' && incoming.method !== 'HEAD') delete headers['content-length'];
      if (fate.frame === 'close') headers.connection = 'close';
      if (fate.frame === 'interim') outgoing.writeContinue();
    }
  }
  outgoing.writeHead(status, headers);
  // the bytes that come first go out without waiting for more
  outgoing.flushHeaders();
  await pipeline(befallen(response, 'answer', fate, incoming.socket), outgoing);
}

/** Head and body of an answer by the byte, past Node's own writer. */
async function trickleAll(socket: Socket, response: IncomingMessage, bytesPerSecond: number): Promise<void> {
  const lines = [`HTTP/1.1 ${response.statusCode} ${response.statusMessage}`];
  for (const [name, value] of Object.entries(response.headers)) {
    if (!['connection', 'keep-alive', 'transfer-encoding'].includes(name)) lines.push(`${name}: ${value}`);
  }
  const head = Buffer.from(`${lines.join('\r\n')}\r\nconnection: close\r\n\r\n`, 'latin1');
  async function* whole(): AsyncIterable<Buffer> {
    yield head;
    yield* response;
  }
  await pipeline(trickled(whole(), bytesPerSecond), socket);
}

const XML = '<?xml version="1.0" encoding="UTF-8"?>\n';

function startBlanks(outgoing: ServerResponse, everyMs: number): { end(response: IncomingMessage): Promise<void> } {
  outgoing.writeHead(200, { 'content-type': 'application/xml' });
  outgoing.write(XML);
  const timer = setInterval(() => outgoing.write(' '), everyMs);
  outgoing.once('close', () => clearInterval(timer));
  return {
    end: async (response) => {
      const body = await textOf(response);
      // also where the store was quick
      await wait(3 * everyMs);
      clearInterval(timer);
      outgoing.end(body.replace(/^<\?xml[^>]*>\s*/, ''));
    },
  };
}

async function textOf(response: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) text += chunk;
  return text;
}
