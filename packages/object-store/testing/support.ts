import { createCipheriv, createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import type { RangeReader, UploadMemory } from '@geosluice/jobs';

export const MIB = 1024 * 1024;

/** Bytes without a pattern, the same for the same seed. */
export function bytesOf(length: number, seed = 'geosluice'): Buffer {
  const key = createHash('sha256').update(seed).digest();
  const cipher = createCipheriv('aes-256-ctr', key, Buffer.alloc(16));
  return cipher.update(Buffer.alloc(length));
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

export interface BufferReader extends RangeReader {
  /** Bytes read so far. */
  read: number;
}

/** A reader over bytes; `before` may throw or wait. */
export function readerOf(bytes: Uint8Array, before: (offset: number) => Promise<void> | void = () => {}): BufferReader {
  const reader: BufferReader = {
    size: bytes.byteLength,
    read: 0,
    readInto: async (offset, target, signal) => {
      signal?.throwIfAborted();
      await before(offset);
      target.set(bytes.subarray(offset, offset + target.byteLength));
      reader.read += target.byteLength;
    },
  };
  return reader;
}

export interface MemoryForTests extends UploadMemory {
  entries: Map<string, string>;
}

export function createMemory(): MemoryForTests {
  const entries = new Map<string, string>();
  return {
    entries,
    recall: async (target) => entries.get(target) ?? null,
    remember: async (target, uploadId) => void entries.set(target, uploadId),
    forget: async (target) => void entries.delete(target),
  };
}

/** A memory that outlives a process. */
export function createFileMemory(path: string): UploadMemory {
  const read = (): Record<string, string> => JSON.parse(readFileSync(path, 'utf8')) as Record<string, string>;
  const write = (entries: Record<string, string>): void => writeFileSync(path, JSON.stringify(entries));
  return {
    recall: async (target) => read()[target] ?? null,
    remember: async (target, uploadId) => write({ ...read(), [target]: uploadId }),
    forget: async (target) => {
      const { [target]: _, ...rest } = read();
      write(rest);
    },
  };
}
