import type { Writable } from 'node:stream';
import type { Client } from './redis.ts';

/**
 * What many jobs ask of Redis in one turn of the event loop goes out in one write: the system call costs both ends more than most
 * commands do. Order and answers stay as they are; a command waits for the end of its turn at most.
 */
export function batchWrites(client: Client): void {
  if (client.isCluster) {
    client.on('+node', (node: Client) => batchWrites(node));
    return;
  }
  client.on('connect', () => {
    const { stream } = client as unknown as { stream: Writable };
    const write = stream.write.bind(stream) as (...args: unknown[]) => boolean;
    let corked = false;
    stream.write = ((...args: unknown[]) => {
      if (!corked) {
        corked = true;
        stream.cork();
        setImmediate(() => {
          corked = false;
          stream.uncork();
        });
      }
      return write(...args);
    }) as Writable['write'];
  });
}
