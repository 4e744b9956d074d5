export type SampleFormat = 'uint' | 'int' | 'float';

/** A GeoKey by its number: a short, doubles or a text. */
export type GeoKeys = Readonly<Record<number, number | readonly [number] | string>>;

/** One TIFF tag, written as it is: used to add what the writer does not know and to break what it does. */
export interface ExtraTag {
  tag: number;
  /** TIFF type: 1 byte, 2 ascii, 3 short, 4 long, 12 double, 16 long8. */
  type: number;
  values: readonly number[] | string;
  /** Replaces the count of values, to lie. */
  count?: number;
}

/** What a written TIFF is to be; everything but the size has a default. */
export interface TiffOptions {
  /** Pixels. */
  width: number;
  height: number;
  /** 1 */
  bands?: number;
  /** uint */
  sampleFormat?: SampleFormat;
  /** 8; 16, 32 or 64 (float: 32 or 64) */
  bits?: 8 | 16 | 32 | 64;
  /** false */
  bigTiff?: boolean;
  /** true */
  littleEndian?: boolean;
  /** Pixels of a tile's side, a multiple of 16; 256. */
  tileSize?: number;
  /** Strips of so many rows instead of tiles. */
  rowsPerStrip?: number;
  /** Bands one after another instead of pixel by pixel. */
  planar?: boolean;
  /** deflate */
  compression?: 'none' | 'deflate' | 'lzw';
  /** 1; 2 is horizontal differencing, for integers. */
  predictor?: 1 | 2;
  nodata?: number | string;
  /** Codes 4000 to 4999 are written as geographic, others as projected; see `geographic`. */
  epsg?: number;
  geographic?: boolean;
  /** GeoKeys instead of `epsg`; `{}` writes no key directory at all. Doubles are written as `[value]`. */
  geoKeys?: GeoKeys;
  /** GTCitation; a usual name where absent. */
  citation?: string;
  /** Outer corner of the first pixel, in CRS units (of its centre where pixelIsPoint); [500000, 5100000]. */
  origin?: readonly [number, number];
  /** CRS units a pixel; [10, 10] or a number. */
  pixelSize?: number | readonly [number, number];
  /** The pixel that `origin` belongs to; [0, 0]. */
  tiepointPixel?: readonly [number, number];
  /** Six numbers in GDAL's order, written as ModelTransformation instead of scale and tiepoint. */
  matrix?: readonly [number, number, number, number, number, number];
  pixelIsPoint?: boolean;
  /** false writes neither scale, tiepoint nor matrix. */
  georeferenced?: boolean;
  /** How many internal overviews, each half of the one before; 0. */
  overviews?: number;
  /** `cog` as GDAL's COG driver lays it out, `plain` image by image (default), `ifds-last` directories behind all data. */
  layout?: 'plain' | 'cog' | 'ifds-last';
  /** Blocks that are left out: offset and count 0. Level 0 is full size. */
  sparse?: (column: number, row: number, level: number) => boolean;
  /** Value of a pixel of the full image; a colour ramp where absent. */
  pixel?: (x: number, y: number, band: number) => number;
  /** 1 (min is black); 2 for three or four bands of 8 bits. */
  photometric?: number;
  /** A further page with its own picture that is no overview. */
  extraPage?: boolean;
  /** Added to the first directory, or in place of a tag the writer would write. */
  extraTags?: readonly ExtraTag[];
  /** Tags of the first directory to leave out. */
  omitTags?: readonly number[];
}

/** One image of the file with everything decided. */
export interface Level {
  level: number;
  width: number;
  height: number;
  blockWidth: number;
  blockHeight: number;
  columns: number;
  rows: number;
  /** Blocks in all, planes included. */
  blocks: number;
  /** Source pixels a pixel. */
  factor: number;
  subfileType: number;
}

export type Settled = Omit<
  Required<TiffOptions>,
  'nodata' | 'epsg' | 'geoKeys' | 'matrix' | 'rowsPerStrip' | 'citation'
> &
  Pick<TiffOptions, 'nodata' | 'epsg' | 'geoKeys' | 'matrix' | 'rowsPerStrip' | 'citation'>;

/** A picture in which every pixel tells where it is, so that a wrong offset shows. */
export function ramp(x: number, y: number, band: number): number {
  return (x * (band + 1) + y * 3 + band * 50) % 251;
}

export function settle(options: TiffOptions): Settled {
  const bands = options.bands ?? 1;
  const bits = options.bits ?? (options.sampleFormat === 'float' ? 32 : 8);
  return {
    bands,
    bits,
    sampleFormat: 'uint',
    bigTiff: false,
    littleEndian: true,
    tileSize: 256,
    planar: false,
    compression: 'deflate',
    predictor: 1,
    geographic: options.epsg !== undefined && options.epsg >= 4000 && options.epsg < 5000,
    origin: [500_000, 5_100_000],
    pixelSize: [10, 10],
    tiepointPixel: [0, 0],
    pixelIsPoint: false,
    georeferenced: true,
    overviews: 0,
    layout: 'plain',
    sparse: () => false,
    pixel: ramp,
    photometric: bits === 8 && (bands === 3 || bands === 4) ? 2 : 1,
    extraPage: false,
    extraTags: [],
    omitTags: [],
    ...options,
  };
}

/** The images of the file in the order of their directories. */
export function levelsOf(options: Settled): Level[] {
  const levels: Level[] = [];
  for (let level = 0; level <= options.overviews; level += 1) levels.push(levelOf(options, level, level > 0 ? 1 : 0));
  if (options.extraPage) levels.push(levelOf(options, 0, 0));
  return levels;
}

function levelOf(options: Settled, level: number, subfileType: number): Level {
  const factor = 2 ** level;
  const width = Math.max(1, Math.ceil(options.width / factor));
  const height = Math.max(1, Math.ceil(options.height / factor));
  const striped = options.rowsPerStrip !== undefined;
  const blockWidth = striped ? width : options.tileSize;
  const blockHeight = striped ? Math.min(options.rowsPerStrip ?? height, height) : options.tileSize;
  const columns = Math.ceil(width / blockWidth);
  const rows = Math.ceil(height / blockHeight);
  const blocks = columns * rows * (options.planar ? options.bands : 1);
  return { level, width, height, blockWidth, blockHeight, columns, rows, blocks, factor, subfileType };
}

/** Samples a pixel of one block. */
export function samplesPerBlockPixel(options: Settled): number {
  return options.planar ? 1 : options.bands;
}

/** Rows a block really holds: the last strip is cut, a tile never is. */
export function rowsOfBlock(options: Settled, level: Level, block: number): number {
  if (options.rowsPerStrip === undefined) return level.blockHeight;
  const row = Math.floor(block / level.columns) % level.rows;
  return Math.min(level.blockHeight, level.height - row * level.blockHeight);
}
