import type { Writable } from 'node:stream';
import type { Client } from './redis.ts';

/** Commands of one write at most. */
const AT_ONCE = 8;

/**
 * What many jobs ask of Redis in one turn of the event loop goes out in few writes: the system call costs both ends more than
 * most commands do. Not in one: Redis is to work while the turn goes on. Order and answers stay as they are; a command waits for
 * the end of its turn at most.
 */
export function batchWrites(client: Client): void {
  if (client.isCluster) {
    client.on('+node', (node: Client) => batchWrites(node));
    return;
  }
  client.on('connect', () => {
    const { stream } = client as unknown as { stream: Writable };
    const write = stream.write.bind(stream) as (...args: unknown[]) => boolean;
    let corked = 0;
    const flush = (): void => {
      if (corked > 0) stream.uncork();
      corked = 0;
    };
    stream.write = ((...args: unknown[]) => {
      if (corked === 0) {
        stream.cork();
        setImmediate(flush);
      }
      corked += 1;
      const room = write(...args);
      if (corked === AT_ONCE) flush();
      return room;
    }) as Writable['write'];
  });
}
