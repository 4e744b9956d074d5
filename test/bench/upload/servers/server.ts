import type { Access, Order } from '../order.ts';

export const SERVERS = ['sink', 'versitygw', 'seaweedfs'] as const;
export type ServerName = (typeof SERVERS)[number];

/** An object that can be read again and again. */
export interface SourceObject {
  bucket: string;
  key: string;
  /** Bytes. */
  size: number;
  /** Without quotes. */
  etag: string;
}

/** What must lie in a bucket after an order: CRC-32 by key, where it is known. */
export interface Expectation {
  bucket: string;
  objects: Map<string, { size: number; crc32: number | null }>;
}

/** A server that is measured against. */
export interface BenchServer {
  name: ServerName;
  access: Access;
  /** The bucket for one order, empty. */
  openBucket(): Promise<string>;
  /** An object of that size to copy from; made at the first call. */
  source(size: number): Promise<SourceObject>;
  /** Compares what is there, and takes it away, the bucket of the order with it. @throws Error where it is not what it must be */
  settle(expected: Expectation, prefix: string): Promise<void>;
  stop(): Promise<void>;
}

export function expectationOf(order: Order, crc32s: ReadonlyMap<string, number>): Expectation {
  const { bucket, object } = order;
  if (object !== undefined) {
    return { bucket, objects: new Map([[object.target, { size: object.size, crc32: crc32s.get('object') ?? null }]]) };
  }
  return {
    bucket,
    objects: new Map(order.files.map(({ key, path, size }) => [key, { size, crc32: crc32s.get(path) ?? null }])),
  };
}
