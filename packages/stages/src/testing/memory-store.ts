import { createHash } from 'node:crypto';
import { Retry, type StoredObject } from '@geosluice/jobs';
import type { SharedRequest } from '@geosluice/object-store';
import type { StorePort } from '../ports.ts';

/** A bucket in memory behind the store port, for the stages' own tests. */
export interface MemoryStore extends StorePort {
  objects: Map<string, Uint8Array>;
  /** Unfinished shared uploads, by place. */
  sessions: Map<string, { partSize: number; contentId: string; parts: Map<number, Uint8Array> }>;
  /** Bytes a part of the next shared upload that begins. */
  partSize: number;
  /** What was asked for, in order, e.g. `copy geodata/x`. */
  calls: string[];
}

export function createMemoryStore(): MemoryStore {
  const objects = new Map<string, Uint8Array>();
  const sessions: MemoryStore['sessions'] = new Map();
  const calls: string[] = [];
  /** By place: which put it was. */
  const written = new Map<string, number>();
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
  const missingOf = ({ partSize, parts }: { partSize: number; parts: Map<number, Uint8Array> }, size: number) =>
    Array.from({ length: Math.ceil(size / partSize) }, (_, index) => index + 1).filter((number) => !parts.has(number));
  const complete = async ({ target, fence }: SharedRequest): Promise<'completed' | 'gone'> => {
    await fence?.();
    const place = at(target);
    const session = sessions.get(place);
    if (session === undefined) return objects.has(place) ? 'completed' : 'gone';
    calls.push(`complete ${place}`);
    sessions.delete(place);
    stored(target, Buffer.concat([...session.parts].sort(([a], [b]) => a - b).map(([, bytes]) => bytes)));
    return 'completed';
  };
  const store: MemoryStore = {
    objects,
    sessions,
    partSize: 4,
    calls,
    async put(target, body) {
      calls.push(`put ${at(target)}`);
      const bytes = Buffer.from(body);
      objects.set(at(target), bytes);
      written.set(at(target), calls.length);
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
      const put = written.get(at(target));
      const modified = put === undefined ? null : new Date(put * 1000).toISOString();
      const nothing = { modified, contentType: null, versionId: null, metadata: {}, crc32: null };
      return { size: bytes.byteLength, etag: etagOf(bytes), ...nothing };
    },
    async upload({ reader, target, fence, onProgress }) {
      await fence?.();
      calls.push(`upload ${at(target)}`);
      const bytes = new Uint8Array(reader.size);
      await reader.readInto(0, bytes);
      onProgress?.(reader.size, reader.size);
      return stored(target, bytes);
    },
    async openShared(request) {
      const place = at(request.target);
      const bytes = objects.get(place);
      if (bytes !== undefined) return { kind: 'done', object: stored(request.target, bytes) };
      let session = sessions.get(place);
      if (session?.contentId !== request.contentId) {
        calls.push(`begin ${place}`);
        session = { partSize: store.partSize, contentId: request.contentId, parts: new Map() };
        sessions.set(place, session);
      }
      const { partSize, parts } = session;
      const missing = missingOf(session, request.size);
      const count = Math.ceil(request.size / partSize);
      // who takes the last range completes
      if (missing.length === 0) missing.push(count);
      const sent = [...parts.values()].reduce((sum, part) => sum + part.byteLength, 0);
      return { kind: 'open', partSize, count, missing, sent };
    },
    async sendRange(request) {
      const { target, contentId, size, reader, partSize, first, last } = request;
      const session = sessions.get(at(target));
      if (session?.contentId !== contentId || session.partSize !== partSize) return 'gone';
      for (let number = first; number <= last; number += 1) {
        if (session.parts.has(number)) continue;
        calls.push(`part ${number}`);
        const offset = (number - 1) * partSize;
        const bytes = new Uint8Array(Math.min(partSize, size - offset));
        await reader.readInto(offset, bytes);
        session.parts.set(number, bytes);
      }
      if (missingOf(session, size).length > 0) return 'sent';
      return await complete(request);
    },
    async copy({ from, target, fence }) {
      await fence?.();
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
    async *keys(bucket, prefix) {
      const below = [...objects.keys()].filter((place) => place.startsWith(`${bucket}/${prefix}`)).sort();
      if (below.length > 0) yield below.map((place) => place.slice(bucket.length + 1));
    },
    async proveReadable({ bucket, key, size }) {
      calls.push(`prove ${bucket}/${key}`);
      if (bytesAt(`${bucket}/${key}`).byteLength !== size) throw new Retry('UNREADABLE', `${key} has another size`);
    },
  };
  return store;
}
