/** What a walk through one header may cost at most; beyond it the file is refused as TOO_COMPLEX. */
export interface Bounds {
  /** Directories, overviews, masks and SubIFDs included. */
  directories: number;
  /** Tags of all directories together. */
  tags: number;
  /** Bytes of tag values that are read. */
  tagBytes: number;
  /** Range reads for everything but the block index. */
  reads: number;
  /** Milliseconds for everything but the block index. */
  milliseconds: number;
  /** Entries of tile and strip arrays of all directories together. */
  blocks: number;
  /** Bytes of an array that are held at once. */
  pieceBytes: number;
  /** Blocks that must be checked a millisecond on average: what the deadline grows by. */
  blocksPerMillisecond: number;
}

export const DEFAULT_BOUNDS: Bounds = {
  directories: 64,
  tags: 4096,
  tagBytes: 8 * 1024 * 1024,
  reads: 20,
  milliseconds: 10_000,
  blocks: 50_000_000,
  pieceBytes: 1024 * 1024,
  blocksPerMillisecond: 100,
};
