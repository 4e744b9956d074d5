/**
 * One file, read by ranges. The one port between those who hold bytes (sources, object-store) and those who
 * read them (formats, the multipart engine). Implementations pin the content (If-Match, versionId, mtime).
 */
export interface RangeReader {
  /** Bytes. */
  readonly size: number;
  /**
   * Fills `target` with the bytes from `offset` on; never returns short.
   * @throws a GeosluiceError: retry where the source is away, supersede where the content changed meanwhile
   */
  readInto(offset: number, target: Uint8Array, signal?: AbortSignal): Promise<void>;
  /** CRC-32 of the whole file as its source vouches for it; null where it does not. May ask the source. */
  crc32?(signal?: AbortSignal): Promise<number | null>;
  close?(): Promise<void>;
}
