import type { Bbox, RangeReader, RasterFacts } from '@geosluice/jobs';
import { checkBlocks } from './block-index.ts';
import { type BoundedReader, boundedReader, type Cost } from './bounded-reader.ts';
import { type Bounds, DEFAULT_BOUNDS } from './bounds.ts';
import { readableCompression } from './compressions.ts';
import { decideCrs } from './crs/decide-crs.ts';
import { GeoTiffError } from './errors.ts';
import { parseGeoKeys } from './geo-keys.ts';
import { decidePlacement, type Geotransform, type Placement, windowBbox } from './geotransform.ts';
import { readHeader } from './header.ts';
import { type Image, readImage, roleOf } from './image.ts';
import { type CheckedImage, isCog, structureWarnings } from './layout.ts';
import { checkNodata, decideSamples } from './samples.ts';
import type { TagName } from './tags.ts';
import { type ValueReader, valueReader } from './values.ts';
import { walk } from './walk.ts';
import { wgs84BboxOf } from './wgs84-bbox.ts';

export interface ReadOptions {
  /** EPSG:<code> from the ingestion's options; wins over the file's own. */
  srs?: string;
  /** Which files lie beside the raster: they only change the verdict and the warnings. */
  beside?: Partial<Beside>;
  /** Codes of tag 259 that this deployment's GeoServer reads besides the usual ones, e.g. 50000 for ZSTD. */
  compressions?: readonly number[];
  signal?: AbortSignal;
  bounds?: Partial<Bounds>;
}

export interface Beside {
  /** .tfw, .tifw, .wld */
  worldfile: boolean;
  /** .prj */
  projection: boolean;
  /** .aux.xml */
  pam: boolean;
  /** .ovr */
  overviews: boolean;
}

/** Facts and what they cost. */
export interface Inspection {
  facts: RasterFacts;
  cost: Cost;
}

/** Tags of the first directory whose values lie elsewhere more often than not. */
const WANTED: readonly TagName[] = [
  'BitsPerSample',
  'SampleFormat',
  'ModelPixelScale',
  'ModelTiepoint',
  'ModelTransformation',
  'GeoKeyDirectory',
  'GeoDoubleParams',
  'GeoAsciiParams',
  'GdalNodata',
  'SubIFDs',
];
const PROBE = 256;
/** Java holds no larger array: a block of more cannot be decoded. */
const LARGEST_BLOCK = 2 ** 31 - 1;

/**
 * What the header of a GeoTIFF says, by range reads and within bounds.
 * @throws GeoTiffError with a reason code where the raster cannot become a layer; Retry SOURCE_SLOW where the source
 * does not answer in time; whatever the reader throws; the signal's reason
 */
export async function readRaster(reader: RangeReader, options: ReadOptions = {}): Promise<RasterFacts> {
  return (await inspectRaster(reader, options)).facts;
}

/** As readRaster, and tells what it cost. */
export async function inspectRaster(reader: RangeReader, options: ReadOptions = {}): Promise<Inspection> {
  options.signal?.throwIfAborted();
  const bounds = { ...DEFAULT_BOUNDS, ...options.bounds };
  const bounded = boundedReader(reader, bounds, options.signal);
  try {
    return { facts: await look(bounded, bounds, options), cost: bounded.cost };
  } finally {
    bounded.close();
  }
}

async function look(reader: BoundedReader, bounds: Bounds, options: ReadOptions): Promise<RasterFacts> {
  const header = await readHeader(reader);
  const values = valueReader(reader, bounds);
  const [first, ...rest] = await walk(reader, values, header, bounds);
  await values.prefetch(first.directory, WANTED);
  const main = await readImage(values, first.directory, 'main', false);
  const samples = decideSamples(
    await atMost(values, main, 'BitsPerSample'),
    await atMost(values, main, 'SampleFormat'),
    main.bands,
  );
  const compression = readableCompression(main.compression, options.compressions);
  checkBlockSize(main, samples.bitsPerSample);
  const nodata = (await values.text(main.directory, 'GdalNodata'))?.trim().slice(0, 100) || null;
  const nodataWarning = checkNodata(nodata, samples);
  const place = await placeOf(values, main, options);

  const images: Image[] = [];
  for (const { directory, sub } of rest) {
    const role = await roleOf(values, directory);
    const image = await readImage(values, directory, role, sub).catch((error: unknown) => {
      // A page that is not looked at may be as odd as it likes.
      if (error instanceof GeoTiffError && role === 'page' && error.code === 'MALFORMED_TIFF') return null;
      throw error;
    });
    if (image === null) continue;
    if (role === 'overview') readableCompression(image.compression, options.compressions);
    images.push(image);
  }
  const blocks = images.reduce((sum, image) => sum + image.blocks, main.blocks);
  if (blocks > bounds.blocks) {
    throw new GeoTiffError(
      'TOO_COMPLEX',
      `the file has ${blocks} blocks, more than the ${bounds.blocks} that are checked; use larger tiles`,
      {
        subject: main.tiled ? 'TileOffsets' : 'StripOffsets',
      },
    );
  }
  reader.extend(blocks);
  const checked = async (image: Image): Promise<CheckedImage> => {
    const bits = image.role === 'mask' ? 1 : samples.bitsPerSample;
    const perPixel = (image.planar ? 1 : image.bands) * (image.role === 'page' ? 0 : bits);
    return { ...image, index: await checkBlocks(reader, image, bounds, Math.ceil((image.blockWidth * perPixel) / 8)) };
  };
  const mainChecked = await checked(main);
  const others: CheckedImage[] = [];
  for (const image of images) others.push(await checked(image));

  const overviews = others
    .filter(({ role }) => role === 'overview')
    .map(({ width, height }): [number, number] => [width, height])
    .filter(([width, height]) => width < main.width || height < main.height)
    .sort((a, b) => b[0] * b[1] - a[0] * a[1]);
  const pixelBits = samples.bitsPerSample * (main.planar ? 1 : main.bands);
  const warnings = [
    ...structureWarnings(mainChecked, others, pixelBits, options.beside?.overviews ?? false),
    ...samples.warnings,
    ...(nodataWarning === null ? [] : [nodataWarning]),
    ...place.warnings,
  ];
  return {
    format: 'geotiff',
    size: reader.size,
    bigTiff: header.bigTiff,
    littleEndian: header.littleEndian,
    width: main.width,
    height: main.height,
    bands: main.bands,
    sampleFormat: samples.sampleFormat,
    bitsPerSample: samples.bitsPerSample,
    nodata,
    compression,
    photometric: await values.number(main.directory, 'PhotometricInterpretation', 1),
    tiled: main.tiled,
    blockWidth: main.blockWidth,
    blockHeight: main.blockHeight,
    overviews,
    cog: isCog(header, mainChecked, others),
    srs: place.srs,
    srsDeclared: place.srsDeclared,
    geotransform: place.geotransform,
    pixelIsPoint: place.pixelIsPoint,
    nativeBbox: place.nativeBbox,
    wgs84Bbox: place.wgs84Bbox,
    probeBbox: probeOf(mainChecked, place.geotransform),
    warnings: [...new Set(warnings)].slice(0, 50),
  };
}

/** One value a band; a file of thousands of bands may have as many. */
async function atMost(values: ValueReader, image: Image, name: 'BitsPerSample' | 'SampleFormat'): Promise<number[]> {
  return (await values.numbers(image.directory, name)).slice(0, image.bands);
}

function checkBlockSize(image: Image, bits: number): void {
  const bytes = (image.blockWidth * image.blockHeight * (image.planar ? 1 : image.bands) * bits) / 8;
  if (image.compression === 1 || bytes <= LARGEST_BLOCK) return;
  throw new GeoTiffError(
    'TOO_COMPLEX',
    `one block holds ${Math.round(bytes / 2 ** 20)} MiB of pixels, which GeoServer cannot decode; write the file in tiles`,
    { subject: image.tiled ? 'TileWidth' : 'RowsPerStrip' },
  );
}

interface Place {
  srs: string;
  srsDeclared: boolean;
  geotransform: Geotransform;
  pixelIsPoint: boolean;
  nativeBbox: Bbox;
  wgs84Bbox: Bbox;
  warnings: string[];
}

async function placeOf(values: ValueReader, image: Image, { srs, beside }: ReadOptions): Promise<Place> {
  const { directory } = image;
  const keys = parseGeoKeys(
    await values.numbers(directory, 'GeoKeyDirectory'),
    await values.numbers(directory, 'GeoDoubleParams'),
    (await values.text(directory, 'GeoAsciiParams', true)) ?? '',
  );
  const pixelIsPoint = keys.number('GTRasterType') === 2;
  const placement = decidePlacement(
    await values.numbers(directory, 'ModelPixelScale'),
    await values.numbers(directory, 'ModelTiepoint'),
    await values.numbers(directory, 'ModelTransformation'),
    pixelIsPoint,
  );
  if (placement.kind !== 'affine') throw unplaced(placement, beside);
  const { geotransform } = placement;
  const nativeBbox = windowBbox(geotransform, 0, 0, image.width, image.height);
  const crs = await decideCrs(keys, nativeBbox, srs).catch((error: unknown) => {
    const outside = error instanceof GeoTiffError && error.code === 'NO_CRS' && (beside?.projection || beside?.pam);
    throw outside ? georefOutside('its coordinate reference system') : error;
  });
  const pixel = Math.max(Math.hypot(geotransform[1], geotransform[4]), Math.hypot(geotransform[2], geotransform[5]));
  const wgs84 = wgs84BboxOf(nativeBbox, crs.definition, pixel);
  return {
    srs: crs.srs,
    srsDeclared: crs.srsDeclared,
    geotransform,
    pixelIsPoint,
    nativeBbox,
    wgs84Bbox: wgs84.bbox,
    warnings: [...placement.warnings, ...crs.warnings, ...wgs84.warnings],
  };
}

function unplaced(placement: Placement, beside: Partial<Beside> | undefined): GeoTiffError {
  if (beside?.worldfile || beside?.pam || beside?.projection) return georefOutside('its georeference');
  const points = placement.kind === 'points';
  return new GeoTiffError(
    'NO_GEOREFERENCE',
    points
      ? 'the file has ground control points only; warp it to a grid, e.g. with gdalwarp'
      : 'the file has neither pixel scale and tiepoint nor a matrix; georeference it, e.g. with gdal_translate -a_ullr -a_srs',
    { subject: points ? 'ModelTiepoint' : 'ModelPixelScale' },
  );
}

function georefOutside(what: string): GeoTiffError {
  return new GeoTiffError(
    'GEOREF_OUTSIDE',
    `${what} is only in a file beside the raster, which GeoServer does not see on S3; write it into the TIFF with gdal_translate`,
    { subject: 'ModelPixelScale' },
  );
}

/** About 256 x 256 pixels in the middle of the block that holds data. */
function probeOf(image: CheckedImage, geotransform: Geotransform): Bbox | null {
  const block = image.index.nearest;
  if (block === null) return null;
  const span = (at: number, size: number, full: number): [number, number] => {
    const from = at * size;
    const length = Math.min(size, full - from);
    const start = Math.floor(from + length / 2 - PROBE / 2);
    const width = Math.min(PROBE, full);
    return [Math.max(0, Math.min(start, full - width)), width];
  };
  const [x, width] = span(block.column, image.blockWidth, image.width);
  const [y, height] = span(block.row, image.blockHeight, image.height);
  return windowBbox(geotransform, x, y, width, height);
}
