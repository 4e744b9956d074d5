export const MIB = 1024 ** 2;
export const GIB = 1024 ** 3;

/** Files that are all of one size. */
export interface FileLoad {
  kind: 'files';
  name: string;
  title: string;
  count: number;
  /** Bytes of each. */
  size: number;
}

/** One object on a server. */
export interface ObjectLoad {
  kind: 'object';
  name: string;
  title: string;
  /** From the server the copy goes to, or from another one. */
  from: 'same' | 'other';
  /** Bytes. */
  size: number;
}

export type Load = FileLoad | ObjectLoad;

/** What the goals speak of. */
export const LOADS: readonly Load[] = [
  { kind: 'files', name: '1x4GiB', title: '1 × 4 GiB', count: 1, size: 4 * GIB },
  { kind: 'files', name: '64x64MiB', title: '64 × 64 MiB', count: 64, size: 64 * MIB },
  { kind: 'files', name: '2000x1MiB', title: '2,000 × 1 MiB', count: 2000, size: MIB },
  { kind: 'object', name: 'other-s3', title: 'S3 to other S3', from: 'other', size: 4 * GIB },
  { kind: 'object', name: 'same-s3', title: 'S3 to same S3', from: 'same', size: 4 * GIB },
];

/**
 * A load cut to a share of its bytes: fewer files of the same size, since the size of a file is what the load is about; a single
 * file becomes smaller.
 */
export function cut(load: Load, share: number): Load {
  if (share >= 1) return load;
  if (load.kind === 'files' && load.count > 1) return { ...load, count: Math.max(1, Math.round(load.count * share)) };
  return { ...load, size: Math.max(MIB, Math.round((load.size * share) / MIB) * MIB) };
}

export function bytesOf(load: Load): number {
  return load.kind === 'files' ? load.count * load.size : load.size;
}
