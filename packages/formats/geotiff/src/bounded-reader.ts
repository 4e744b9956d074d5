import { type RangeReader, Retry } from '@geosluice/jobs';
import type { Bounds } from './bounds.ts';
import { GeoTiffError } from './errors.ts';

const FIRST_READ = 64 * 1024;
/** A miss reads this much at least: what lies behind a directory is mostly wanted next. */
const READ_AHEAD = 16 * 1024;
const PAGES = 12;

interface Page {
  offset: number;
  bytes: Uint8Array;
}

/** What a look at one file cost. */
export interface Cost {
  /** Range reads, those of the block index included. */
  reads: number;
  /** Bytes asked for, the block index included. */
  bytes: number;
  /** Of these, for tile and strip arrays. */
  indexReads: number;
  indexBytes: number;
}

/** Reads of one file with a small page cache, a budget and a deadline. */
export interface BoundedReader {
  readonly size: number;
  readonly cost: Cost;
  /** Header bytes; counted against the budget of reads. @throws GeoTiffError TRUNCATED, TOO_COMPLEX */
  read(offset: number, length: number, subject: string): Promise<DataView>;
  /** Loads several short ranges with as few reads as their places allow; read() finds them in the cache. */
  prefetch(ranges: ReadonlyArray<{ offset: number; length: number }>, subject: string): Promise<void>;
  /** Bytes of the block index: not counted against the budget; from the cache where they lie there. */
  readIndex(offset: number, length: number, subject: string): Promise<DataView>;
  /** Grows the deadline for so many blocks. */
  extend(blocks: number): void;
  /** Ends the timer. */
  close(): void;
}

export function boundedReader(reader: RangeReader, bounds: Bounds, signal?: AbortSignal): BoundedReader {
  const cost: Cost = { reads: 0, bytes: 0, indexReads: 0, indexBytes: 0 };
  const deadline = new AbortController();
  const stop = signal === undefined ? deadline.signal : AbortSignal.any([signal, deadline.signal]);
  const started = performance.now();
  let allowed = bounds.milliseconds;
  let waited = 0;
  let timer = setTimeout(expire, allowed);
  let pages: Page[] = [];

  function expire(): void {
    const late = performance.now() - started;
    // Where the time went into waiting it is the source that is slow, and not the file that is wrong.
    const slow = `the header could not be read within ${Math.round(allowed / 1000)} s (${Math.round(late)} ms, ${cost.reads} reads)`;
    deadline.abort(
      waited > late / 2 || inFlight > 0
        ? new Retry('SOURCE_SLOW', `${slow}; the source answers too slowly`, { counterpart: 'source' })
        : new GeoTiffError('TOO_COMPLEX', `${slow}; rewrite it with gdal_translate`, { subject: 'header' }),
    );
  }

  let inFlight = 0;
  async function fetch(offset: number, length: number): Promise<Uint8Array> {
    stop.throwIfAborted();
    const bytes = new Uint8Array(length);
    const begun = performance.now();
    cost.reads += 1;
    cost.bytes += length;
    inFlight += 1;
    try {
      await untilAborted(reader.readInto(offset, bytes, stop), stop);
    } finally {
      inFlight -= 1;
      waited += performance.now() - begun;
    }
    return bytes;
  }

  function check(offset: number, length: number, subject: string): void {
    if (offset + length <= reader.size) return;
    throw new GeoTiffError(
      'TRUNCATED',
      `${subject} should lie at bytes ${offset} to ${offset + length}, but the file ends at ${reader.size}; upload the whole file again`,
      { subject },
    );
  }

  function cached(offset: number, length: number): Page | undefined {
    return pages.find((page) => offset >= page.offset && offset + length <= page.offset + page.bytes.length);
  }

  async function load(offset: number, length: number, subject: string): Promise<Page> {
    if (cost.reads - cost.indexReads >= bounds.reads) {
      throw new GeoTiffError(
        'TOO_COMPLEX',
        `the header is scattered over more than ${bounds.reads} places (at ${subject}); rewrite it with gdal_translate`,
        { subject },
      );
    }
    const from = offset < FIRST_READ ? 0 : offset;
    const want = Math.max(length + offset - from, from === 0 ? FIRST_READ : READ_AHEAD);
    const page = { offset: from, bytes: await fetch(from, Math.min(want, reader.size - from)) };
    pages = [page, ...pages].slice(0, PAGES);
    return page;
  }

  return {
    size: reader.size,
    cost,
    async read(offset, length, subject) {
      stop.throwIfAborted();
      check(offset, length, subject);
      return slice(cached(offset, length) ?? (await load(offset, length, subject)), offset, length);
    },
    async prefetch(ranges, subject) {
      const missing = ranges
        .filter(({ offset, length }) => offset + length <= reader.size && cached(offset, length) === undefined)
        .toSorted((a, b) => a.offset - b.offset);
      for (let index = 0; index < missing.length; ) {
        const { offset } = missing[index] ?? { offset: 0 };
        let end = offset;
        for (let next = missing[index]; next !== undefined && next.offset - end < FIRST_READ; next = missing[index]) {
          end = Math.max(end, next.offset + next.length);
          index += 1;
        }
        await load(offset, end - offset, subject);
      }
    },
    async readIndex(offset, length, subject) {
      stop.throwIfAborted();
      check(offset, length, subject);
      const page = cached(offset, length);
      if (page !== undefined) return slice(page, offset, length);
      cost.indexReads += 1;
      cost.indexBytes += length;
      return new DataView((await fetch(offset, length)).buffer);
    },
    extend(blocks) {
      allowed += blocks / bounds.blocksPerMillisecond;
      clearTimeout(timer);
      timer = setTimeout(expire, Math.max(1, allowed - (performance.now() - started)));
    },
    close: () => clearTimeout(timer),
  };
}

function slice({ bytes, offset: from }: Page, offset: number, length: number): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset + offset - from, length);
}

/** Ends with the signal also where the reader does not look at it. */
function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const abort = () => reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
