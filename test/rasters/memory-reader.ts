import { open } from 'node:fs/promises';
import type { RangeReader } from '@geosluice/jobs';

/** A reader over bytes that counts what is asked of it. */
export interface CountingReader extends RangeReader {
  reads: number;
  bytes: number;
}

export function memoryReader(bytes: Uint8Array): CountingReader {
  return {
    size: bytes.length,
    reads: 0,
    bytes: 0,
    async readInto(offset, target, signal) {
      signal?.throwIfAborted();
      if (offset < 0 || offset + target.length > bytes.length) {
        throw new RangeError(`read of ${offset}+${target.length} past the end ${bytes.length}`);
      }
      this.reads += 1;
      this.bytes += target.length;
      target.set(bytes.subarray(offset, offset + target.length));
    },
  };
}

/** A reader over a local file. */
export async function fileReader(path: string): Promise<CountingReader & { close(): Promise<void> }> {
  const file = await open(path, 'r');
  const { size } = await file.stat();
  const reader: CountingReader & { close(): Promise<void> } = {
    size,
    reads: 0,
    bytes: 0,
    async readInto(offset, target, signal) {
      signal?.throwIfAborted();
      reader.reads += 1;
      reader.bytes += target.length;
      for (let done = 0; done < target.length; ) {
        const { bytesRead } = await file.read(target, done, target.length - done, offset + done);
        if (bytesRead === 0) throw new RangeError(`read of ${offset}+${target.length} past the end ${size}`);
        done += bytesRead;
      }
    },
    close: () => file.close(),
  };
  return reader;
}
