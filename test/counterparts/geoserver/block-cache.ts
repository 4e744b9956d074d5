import type { RangeReader } from '@geosluice/jobs';

/** S3GeoTiff's blocks. The key knows neither ETag nor endpoint: an object overwritten at its size serves old pixels. */
export type BlockCache = Map<string, Promise<Uint8Array>>;

const BLOCK = 5 * 1024 * 1024;
const MOST_BLOCKS = 16;
/** COG reads without S3GeoTiff's cache. */
const COG_BLOCK = 256 * 1024;

export interface BlockSource {
  /** `bucket/key`. */
  id: string;
  size: number;
  /** Null: blocks are kept for this reader only. */
  cache: BlockCache | null;
  fetch(from: number, to: number): Promise<Uint8Array>;
}

/** A reader that fetches whole blocks and keeps the last ones. */
export function blockReader({ id, size, cache, fetch }: BlockSource): RangeReader {
  const length = cache === null ? COG_BLOCK : BLOCK;
  const blocks: BlockCache = cache ?? new Map();
  const block = (index: number): Promise<Uint8Array> => {
    const key = `${id} ${index} ${size}`;
    const known = blocks.get(key);
    if (known !== undefined) {
      // last used, last out
      blocks.delete(key);
      blocks.set(key, known);
      return known;
    }
    const made = fetch(index * length, Math.min(size, (index + 1) * length));
    blocks.set(key, made);
    made.catch(() => blocks.delete(key));
    for (const oldest of blocks.keys()) {
      if (blocks.size <= MOST_BLOCKS) break;
      blocks.delete(oldest);
    }
    return made;
  };
  return {
    size,
    async readInto(offset, target, signal) {
      if (offset + target.length > size)
        throw new RangeError(`read of ${offset}+${target.length} past the end ${size}`);
      for (let done = 0; done < target.length; ) {
        signal?.throwIfAborted();
        const at = offset + done;
        const bytes = await block(Math.floor(at / length));
        const part = bytes.subarray(at % length, (at % length) + target.length - done);
        if (part.length === 0) throw new RangeError('the object is shorter than it was');
        target.set(part, done);
        done += part.length;
      }
    },
  };
}
