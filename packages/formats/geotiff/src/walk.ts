import type { BoundedReader } from './bounded-reader.ts';
import type { Bounds } from './bounds.ts';
import { type Directory, readDirectory } from './directory.ts';
import { GeoTiffError } from './errors.ts';
import type { Header } from './header.ts';
import { TAG } from './tags.ts';
import type { ValueReader } from './values.ts';

export interface Walked {
  directory: Directory;
  /** Reached by SubIFDs of the first directory instead of the chain. */
  sub: boolean;
}

/**
 * Visits every directory once: the chain, then the SubIFDs of the first one. The first comes first.
 * @throws GeoTiffError MALFORMED_TIFF on a cycle; TOO_COMPLEX beyond the bounds
 */
export async function walk(
  reader: BoundedReader,
  values: ValueReader,
  header: Header,
  bounds: Bounds,
): Promise<[Walked, ...Walked[]]> {
  const visited = new Set<number>();
  let tags = 0;
  const visit = async (offset: number): Promise<Directory> => {
    if (visited.has(offset)) {
      throw new GeoTiffError('MALFORMED_TIFF', `the directories form a circle: the one at ${offset} comes twice`, {
        subject: 'next IFD',
      });
    }
    if (visited.size >= bounds.directories) {
      throw new GeoTiffError('TOO_COMPLEX', `the file has more than ${bounds.directories} directories`, {
        subject: 'IFD',
      });
    }
    visited.add(offset);
    const directory = await readDirectory(reader, header, offset, bounds.tags - tags);
    tags += directory.entries.size;
    return directory;
  };
  if (header.first === 0) {
    throw new GeoTiffError('MALFORMED_TIFF', 'the header names no directory, so there is no image', {
      subject: 'first IFD',
    });
  }
  const first = await visit(header.first);
  const walked: [Walked, ...Walked[]] = [{ directory: first, sub: false }];
  for (let next = first.next; next !== 0; ) {
    const directory = await visit(next);
    walked.push({ directory, sub: false });
    next = directory.next;
  }
  const subs = first.entries.get(TAG.SubIFDs);
  if (subs !== undefined) {
    if (subs.count > bounds.directories) {
      throw new GeoTiffError('TOO_COMPLEX', `SubIFDs names ${subs.count} directories`, { subject: 'SubIFDs' });
    }
    for (const offset of await values.numbers(first, 'SubIFDs'))
      walked.push({ directory: await visit(offset), sub: true });
  }
  return walked;
}
