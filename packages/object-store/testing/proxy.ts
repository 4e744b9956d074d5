import { EventEmitter, once } from 'node:events';
import { Agent, createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { Transform } from 'node:stream';

export type Operation =
  | 'CreateUpload'
  | 'UploadPart'
  | 'UploadPartCopy'
  | 'Complete'
  | 'Abort'
  | 'ListParts'
  | 'Put'
  | 'Copy'
  | 'Get'
  | 'Head'
  | 'Other';

/**
 * What happens to a request: `pass`; `hold` never answers; `cut` forwards it and cuts the connection instead of answering;
 * `flip` changes a bit of the first byte on the way; a status and code answer in the store's place; a header is put on the answer.
 */
export type Fate =
  | 'pass'
  | 'hold'
  | 'cut'
  | 'flip'
  | { status: number; code: string }
  | { header: [string, string | undefined] };

export interface S3Proxy {
  endpoint: string;
  count(operation: Operation): number;
  /** Numbers of the parts that were sent, each once; what an aborted request sent late shows only here as nothing new. */
  parts(): number[];
  reset(): void;
  /** Connections that were opened so far. */
  connections(): number;
  /** Most requests of an operation at one time. */
  highest(operation: Operation): number;
  /** Decides on each request; `number` counts those of the operation from 1. */
  decide: (operation: Operation, number: number, request: IncomingMessage) => Fate;
  /** Resolves when so many requests of an operation were answered. */
  answered(operation: Operation, number: number): Promise<void>;
  /** Resolves when so many requests of an operation came in. */
  seen(operation: Operation, number: number): Promise<void>;
  close(): Promise<void>;
}

/** Stands before an S3 server, counts what is asked of it, and makes it fail on demand. */
export async function startProxy(upstream: string): Promise<S3Proxy> {
  const target = new URL(upstream);
  const agent = new Agent({ keepAlive: true });
  const events = new EventEmitter().setMaxListeners(0);
  const counts = { seen: new Map<Operation, number>(), answered: new Map<Operation, number>() };
  const open = new Map<Operation, number>();
  const sentParts = new Set<number>();
  const most = new Map<Operation, number>();
  const add = (map: Map<Operation, number>, operation: Operation, by: number): number => {
    const value = (map.get(operation) ?? 0) + by;
    map.set(operation, value);
    return value;
  };

  const server = createServer((incoming, outgoing) => {
    const operation = operationOf(incoming);
    if (operation === 'UploadPart') sentParts.add(Number(queryOf(incoming).get('partNumber')));
    const number = add(counts.seen, operation, 1);
    most.set(operation, Math.max(most.get(operation) ?? 0, add(open, operation, 1)));
    outgoing.once('close', () => add(open, operation, -1));
    events.emit('change');
    const fate = proxy.decide(operation, number, incoming);
    if (fate === 'hold') return void incoming.resume();
    if (typeof fate === 'object' && 'status' in fate) return answer(incoming, outgoing, fate.status, fate.code);
    forward(incoming, outgoing, fate, () => {
      add(counts.answered, operation, 1);
      events.emit('change');
    });
  });

  const forward = (incoming: IncomingMessage, outgoing: ServerResponse, fate: Fate, done: () => void): void => {
    const { method, url, headers } = incoming;
    const options = { host: target.hostname, port: target.port, method, path: url, headers, agent };
    const onward = httpRequest(options, (response) => {
      if (fate === 'cut') {
        response.resume();
        response.once('end', () => {
          incoming.socket.destroy();
          done();
        });
        return;
      }
      const answered = { ...response.headers };
      if (typeof fate === 'object' && 'header' in fate) {
        const [name, value] = fate.header;
        if (value === undefined) delete answered[name];
        else answered[name] = value;
      }
      outgoing.writeHead(response.statusCode ?? 502, answered);
      response.pipe(outgoing);
      outgoing.once('finish', done);
    });
    onward.on('error', () => incoming.socket.destroy());
    outgoing.once('close', () => onward.destroy());
    if (fate === 'flip') flip(incoming).pipe(onward);
    else incoming.pipe(onward);
  };

  const reached = async (which: 'seen' | 'answered', operation: Operation, number: number): Promise<void> => {
    while ((counts[which].get(operation) ?? 0) < number) await once(events, 'change');
  };

  let connections = 0;
  server.on('connection', () => {
    connections += 1;
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const proxy: S3Proxy = {
    endpoint: `http://127.0.0.1:${address.port}`,
    count: (operation) => counts.seen.get(operation) ?? 0,
    parts: () => [...sentParts].sort((a, b) => a - b),
    reset: () => {
      sentParts.clear();
      for (const map of [counts.seen, counts.answered, most]) map.clear();
      proxy.decide = () => 'pass';
    },
    connections: () => connections,
    highest: (operation) => most.get(operation) ?? 0,
    decide: () => 'pass',
    answered: (operation, number) => reached('answered', operation, number),
    seen: (operation, number) => reached('seen', operation, number),
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
      agent.destroy();
    },
  };
  return proxy;
}

function flip(incoming: IncomingMessage): Transform {
  let flipped = false;
  return incoming.pipe(
    new Transform({
      transform: (chunk: Buffer, _, done) => {
        const changed = Buffer.from(chunk);
        if (!flipped) changed[0] = (changed[0] ?? 0) ^ 1;
        flipped = true;
        done(null, changed);
      },
    }),
  );
}

function answer(incoming: IncomingMessage, outgoing: ServerResponse, status: number, code: string): void {
  incoming.resume();
  incoming.once('end', () => {
    outgoing.writeHead(status, { 'content-type': 'application/xml' });
    outgoing.end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>on demand</Message></Error>`);
  });
}

function queryOf({ url }: IncomingMessage): URLSearchParams {
  return new URL(url ?? '/', 'http://proxy').searchParams;
}

function operationOf(incoming: IncomingMessage): Operation {
  const { method, headers } = incoming;
  const query = queryOf(incoming);
  const copies = headers['x-amz-copy-source'] !== undefined;
  if (method === 'PUT' && query.has('partNumber')) return copies ? 'UploadPartCopy' : 'UploadPart';
  if (method === 'PUT') return copies ? 'Copy' : 'Put';
  if (method === 'POST' && query.has('uploads')) return 'CreateUpload';
  if (method === 'POST' && query.has('uploadId')) return 'Complete';
  if (method === 'DELETE' && query.has('uploadId')) return 'Abort';
  if (method === 'GET' && query.has('uploadId')) return 'ListParts';
  if (method === 'GET') return 'Get';
  if (method === 'HEAD') return 'Head';
  return 'Other';
}
