import { setTimeout as wait } from 'node:timers/promises';

type Bytes = AsyncIterable<Buffer>;

const TICK_MS = 50;

/** Lets bytes pass so slowly. */
export async function* trickled(source: Bytes, bytesPerSecond: number): Bytes {
  const step = Math.max(1, Math.round((bytesPerSecond * TICK_MS) / 1000));
  for await (const chunk of source) {
    for (let offset = 0; offset < chunk.byteLength; offset += step) {
      yield chunk.subarray(offset, offset + step);
      await wait(TICK_MS);
    }
  }
}

/** Changes a bit of the byte at an offset. */
export async function* flipped(source: Bytes, at: number): Bytes {
  let seen = 0;
  for await (const chunk of source) {
    const here = at - seen;
    seen += chunk.byteLength;
    if (here < 0 || here >= chunk.byteLength) yield chunk;
    else {
      const changed = Buffer.from(chunk);
      changed[here] = (changed[here] ?? 0) ^ 1;
      yield changed;
    }
  }
}

/** Lets so many bytes pass, then calls `end` and never ends by itself. What is shorter passes. */
export async function* endedAfter(source: Bytes, bytes: number, end: () => void): Bytes {
  let left = bytes;
  for await (const chunk of source) {
    if (left > 0) yield chunk.subarray(0, left);
    left -= chunk.byteLength;
    if (left > 0) continue;
    // what was let through has left before the end comes
    await wait(TICK_MS);
    end();
    await new Promise(() => {});
  }
}
