import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

export interface Target {
  address: string;
  port: number;
}

/** One address and port that leads to others in turn. */
export interface Forward {
  /** Nothing listens while there is no target, so that a client is refused as by a real cluster. */
  setTargets(targets: readonly Target[]): void;
  stop(): void;
}

/** A proxy of TCP connections; a target that does not answer is passed over for the next. */
export function forward(address: string, port: number): Forward {
  let targets: readonly Target[] = [];
  let server: Server | null = null;
  let turn = 0;
  const open = new Set<Socket>();

  const accept = async (client: Socket): Promise<void> => {
    keep(open, client);
    for (let tries = targets.length; tries > 0; tries -= 1) {
      turn += 1;
      const target = targets[turn % targets.length];
      if (target === undefined) break;
      const upstream = connect({ host: target.address, port: target.port, allowHalfOpen: true, noDelay: true });
      keep(open, upstream);
      try {
        await once(upstream, 'connect');
      } catch {
        continue;
      }
      join(client, upstream);
      return;
    }
    client.resetAndDestroy();
  };

  return {
    setTargets: (next) => {
      targets = next;
      if (targets.length > 0 && server === null) {
        server = createServer(
          { allowHalfOpen: true, noDelay: true, pauseOnConnect: true },
          (client) => void accept(client),
        );
        server.on('error', () => {});
        server.listen(port, address);
        server.unref();
      } else if (targets.length === 0 && server !== null) {
        server.close();
        server = null;
      }
    },
    stop: () => {
      server?.close();
      server = null;
      targets = [];
      for (const socket of open) socket.destroy();
    },
  };
}

function keep(open: Set<Socket>, socket: Socket): void {
  open.add(socket);
  socket.unref();
  socket.on('error', () => {});
  socket.on('close', () => open.delete(socket));
}

/** Bytes and ends both ways; a side that breaks takes the other with it. */
function join(one: Socket, other: Socket): void {
  for (const [from, to] of [
    [one, other],
    [other, one],
  ] as const) {
    from.pipe(to);
    from.on('error', () => to.resetAndDestroy());
    from.on('close', () => to.destroySoon());
  }
}
