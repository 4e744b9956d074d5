import type { Directory } from './directory.ts';
import { GeoTiffError } from './errors.ts';
import { TAG } from './tags.ts';
import type { ValueReader } from './values.ts';

/** What a directory is there for. */
export type Role = 'main' | 'overview' | 'mask' | 'page';

/** One image of the file as its directory describes it; scalars only. */
export interface Image {
  directory: Directory;
  role: Role;
  sub: boolean;
  width: number;
  height: number;
  bands: number;
  compression: number;
  planar: boolean;
  tiled: boolean;
  blockWidth: number;
  blockHeight: number;
  columns: number;
  rows: number;
  /** In all planes. */
  blocks: number;
}

/** Java, and with it GeoServer, counts pixels and blocks in 31 bits. */
const LIMIT = 2 ** 31 - 1;

/** @throws GeoTiffError MALFORMED_TIFF where size or blocks make no sense */
export async function readImage(values: ValueReader, directory: Directory, role: Role, sub: boolean): Promise<Image> {
  const number = (name: keyof typeof TAG, fallback: number) => values.number(directory, name, fallback);
  const width = positive(await number('ImageWidth', 0), 'ImageWidth');
  const height = positive(await number('ImageLength', 0), 'ImageLength');
  const bands = positive(await number('SamplesPerPixel', 1), 'SamplesPerPixel');
  const compression = await number('Compression', 1);
  const planar = (await number('PlanarConfiguration', 1)) === 2;
  const tiled = directory.entries.has(TAG.TileWidth) || directory.entries.has(TAG.TileOffsets);
  const blockWidth = tiled ? positive(await number('TileWidth', 0), 'TileWidth') : width;
  const blockHeight = tiled
    ? positive(await number('TileLength', 0), 'TileLength')
    : Math.min(height, positive(await number('RowsPerStrip', height), 'RowsPerStrip', 2 ** 32));
  const columns = Math.ceil(width / blockWidth);
  const rows = Math.ceil(height / blockHeight);
  const blocks = columns * rows * (planar ? bands : 1);
  return {
    directory,
    role,
    sub,
    width,
    height,
    bands,
    compression,
    planar,
    tiled,
    blockWidth,
    blockHeight,
    columns,
    rows,
    blocks,
  };
}

function positive(value: number, subject: string, limit = LIMIT): number {
  if (Number.isInteger(value) && value > 0 && value <= limit) return value;
  throw new GeoTiffError(
    'MALFORMED_TIFF',
    `${subject} is ${value || 'missing or 0'}; it must be between 1 and ${limit}`,
    {
      subject,
    },
  );
}

/** What a directory behind the first one is there for. */
export async function roleOf(values: ValueReader, directory: Directory): Promise<Role> {
  const type = await values.number(directory, 'NewSubfileType', 0);
  if ((type & 4) !== 0) return 'mask';
  if ((type & 1) !== 0) return 'overview';
  return (await values.number(directory, 'SubfileType', 1)) === 2 ? 'overview' : 'page';
}
