import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { encodeFrame, frameReader, type StompFrame } from './stomp-frames.ts';

export interface StompOptions {
  host: string;
  port: number;
  user?: string;
  password?: string;
  /** Silence of the broker after which it is taken for dead; 10 s. */
  heartbeatMs?: number;
  /** For the connection, and for each receipt; 10 s. */
  timeoutMs?: number;
}

export interface Stomp {
  /** Sends a message that outlives the broker. Resolves once the broker has stored it. */
  send(destination: string, body: string, headers?: Record<string, string>): Promise<void>;
  /** Takes messages one after the other (over all subscriptions); each is acknowledged once it is handled. Resolves when the broker knows of it. */
  subscribe(destination: string, handle: (frame: StompFrame) => Promise<void>): Promise<void>;
  /** Resolves at the end of the connection, however it comes. */
  readonly closed: Promise<void>;
  close(): Promise<void>;
}

/** A connection to a broker that speaks STOMP 1.2. @throws Error where the broker is not there or refuses the login */
export async function connectStomp(options: StompOptions): Promise<Stomp> {
  const { host, port, user, password, heartbeatMs = 10_000, timeoutMs = 10_000 } = options;
  const socket = connect({ host, port, noDelay: true });
  const closed = new Promise<void>((resolve) => {
    socket.once('close', () => resolve());
  });
  let failure = new Error(`the broker ${host}:${port} went away`);
  const waiting = new Map<string, { resolve: () => void; reject: (error: Error) => void }>();
  const subscriptions = new Map<string, (frame: StompFrame) => void>();
  closed.then(() => {
    for (const { reject } of waiting.values()) reject(failure);
  });
  socket.on('error', (error) => {
    failure = error;
  });
  socket.setTimeout(timeoutMs, () => socket.destroy(new Error(`the broker ${host}:${port} is silent`)));

  /** Sends a frame, and waits for what answers to `receipt`. */
  const ask = async (receipt: string, frame: StompFrame): Promise<void> => {
    if (socket.destroyed) throw failure;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    waiting.set(receipt, { resolve, reject });
    const late = setTimeout(() => socket.destroy(new Error(`the broker ${host}:${port} does not answer`)), timeoutMs);
    socket.write(encodeFrame(frame));
    try {
      await promise;
    } finally {
      clearTimeout(late);
      waiting.delete(receipt);
    }
  };
  const read = frameReader();
  socket.on('data', (bytes: Buffer) => {
    for (const frame of read(bytes)) {
      if (frame.command === 'CONNECTED') waiting.get('connected')?.resolve();
      else if (frame.command === 'RECEIPT') waiting.get(frame.headers['receipt-id'] ?? '')?.resolve();
      else if (frame.command === 'MESSAGE') subscriptions.get(frame.headers.subscription ?? '')?.(frame);
      else if (frame.command === 'ERROR') socket.destroy(new Error(`the broker says: ${frame.headers.message}`));
    }
  });

  const beat = `${heartbeatMs / 2},${heartbeatMs / 2}`;
  const login = { ...(user === undefined ? {} : { login: user, passcode: password ?? '' }) };
  const headers = { 'accept-version': '1.2', host, 'heart-beat': beat, ...login };
  await connected(socket, closed, () => failure);
  await ask('connected', { command: 'CONNECT', headers, body: '' });
  socket.setTimeout(heartbeatMs);
  const pulse = setInterval(() => socket.write('\n'), heartbeatMs / 4);
  closed.then(() => clearInterval(pulse));

  let handled = Promise.resolve();
  let last = 0;
  const next = () => {
    last += 1;
    return String(last);
  };
  return {
    closed,
    send: (destination, body, extra = {}) => {
      const receipt = next();
      return ask(receipt, { command: 'SEND', headers: { destination, persistent: 'true', receipt, ...extra }, body });
    },
    subscribe: async (destination, handle) => {
      const id = next();
      subscriptions.set(id, (frame) => {
        handled = handled
          .then(() => handle(frame))
          .then(() => {
            const acknowledged = { id: frame.headers.ack ?? '' };
            if (!socket.destroyed) socket.write(encodeFrame({ command: 'ACK', headers: acknowledged, body: '' }));
          })
          // what cannot be handled is not lost: the broker gives it to the next connection
          .catch((error: unknown) => void socket.destroy(error instanceof Error ? error : new Error(String(error))));
      });
      const headers = { id, destination, ack: 'client-individual', receipt: id, 'activemq.prefetchSize': '100' };
      await ask(id, { command: 'SUBSCRIBE', headers, body: '' });
    },
    close: async () => {
      // what is handled is acknowledged, or it would come again
      await handled;
      const receipt = next();
      await ask(receipt, { command: 'DISCONNECT', headers: { receipt }, body: '' }).catch(() => {});
      socket.destroy();
      await closed;
    },
  };
}

async function connected(socket: Socket, closed: Promise<void>, failure: () => Error): Promise<void> {
  const there = once(socket, 'connect').then(() => true);
  there.catch(() => {});
  const ended = closed.then(() => {
    throw failure();
  });
  ended.catch(() => {});
  await Promise.race([there, ended]);
}
