import { createHash } from 'node:crypto';
import { Retry, type StoredObject } from '@geosluice/jobs';
import type { StorePort } from '../ports.ts';

/** A bucket in memory behind the store port, for the stages' own tests. */
export interface MemoryStore extends StorePort {
  objects: Map<string, Uint8Array>;
  /** What was asked for, in order, e.g. `copy geodata/x`. */
  calls: string[];
}

export function createMemoryStore(): MemoryStore {
  const objects = new Map<string, Uint8Array>();
  const calls: string[] = [];
  const at = ({ bucket, key }: { bucket: string; key: string }) => `${bucket}/${key}`;
  const etagOf = (bytes: Uint8Array) => createHash('md5').update(bytes).digest('hex');
  const bytesAt = (place: string): Uint8Array => {
    const bytes = objects.get(place);
    if (bytes === undefined) throw new Retry('NOT_FOUND', `${place} is not there`, { counterpart: 's3' });
    return bytes;
  };
  const stored = (target: { bucket: string; key: string }, bytes: Uint8Array): StoredObject => {
    objects.set(at(target), bytes);
    const { bucket, key } = target;
    return { bucket, key, size: bytes.byteLength, etag: etagOf(bytes), checksum: `md5:${etagOf(bytes)}`, owned: true };
  };
  return {
    objects,
    calls,
    async put(target, body) {
      calls.push(`put ${at(target)}`);
      const bytes = Buffer.from(body);
      objects.set(at(target), bytes);
      return { etag: etagOf(bytes), created: true };
    },
    async get(target) {
      const bytes = objects.get(at(target));
      if (bytes === undefined) return null;
      return { body: Buffer.from(bytes), etag: etagOf(bytes), contentType: null, metadata: {} };
    },
    async head(target) {
      const bytes = objects.get(at(target));
      if (bytes === undefined) return null;
      const nothing = { modified: null, contentType: null, versionId: null, metadata: {}, crc32: null };
      return { size: bytes.byteLength, etag: etagOf(bytes), ...nothing };
    },
    async upload({ reader, target, onProgress }) {
      calls.push(`upload ${at(target)}`);
      const bytes = new Uint8Array(reader.size);
      await reader.readInto(0, bytes);
      onProgress?.(reader.size, reader.size);
      return stored(target, bytes);
    },
    async copy({ from, target }) {
      calls.push(`copy ${at(target)}`);
      return stored(target, bytesAt(at(from)));
    },
    async spool({ body, target }) {
      calls.push(`spool ${at(target)}`);
      const chunks: Uint8Array[] = [];
      for await (const chunk of body) chunks.push(chunk);
      const bytes = Buffer.concat(chunks);
      return stored(target, bytes);
    },
    reader({ bucket, key, size }) {
      return {
        size,
        async readInto(offset, target) {
          target.set(bytesAt(`${bucket}/${key}`).subarray(offset, offset + target.byteLength));
        },
      };
    },
    async deleteObject(target) {
      objects.delete(at(target));
    },
    async deletePrefix(bucket, prefix) {
      const below = [...objects.keys()].filter((place) => place.startsWith(`${bucket}/${prefix}`));
      for (const place of below) objects.delete(place);
      return below.length;
    },
    async proveReadable({ bucket, key, size }) {
      calls.push(`prove ${bucket}/${key}`);
      if (bytesAt(`${bucket}/${key}`).byteLength !== size) throw new Retry('UNREADABLE', `${key} has another size`);
    },
  };
}
