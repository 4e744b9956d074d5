import { type OpenTiff, openTiff } from '../../rasters/read-pixels.ts';
import type { BandInfo, Box, CoverageInfo, GridInfo, StoreInfo } from './catalog.ts';
import { isGeographic, transformBetween, wktOf } from './crs.ts';
import { Refused, refuse } from './reply.ts';
import type { Sources } from './sources.ts';

export interface Header {
  tiff: OpenTiff;
  geotransform: readonly [number, number, number, number, number, number];
  /** `EPSG:404000` where the file names no CRS. */
  srs: string;
  /** The only coverage inside. */
  coverageName: string;
}

/** Opens the store's object as GeoServer does. @throws Refused with the sentence of a real GeoServer */
export async function readHeader(sources: Sources, store: StoreInfo): Promise<Header> {
  const reader = await sources.open(store);
  let tiff: OpenTiff;
  try {
    tiff = await openTiff(reader);
  } catch (error) {
    if (error instanceof Refused) throw error;
    refuse(500, 'org.geotools.api.data.DataSourceException: Index -1 out of bounds for length 0');
  }
  if (tiff.geotransform === null) {
    const text = 'Raster to Model Transformation is not available for: null';
    refuse(500, `org.geotools.api.data.DataSourceException: ${text}`);
  }
  const srs = `EPSG:${tiff.epsg ?? 404000}`;
  return { tiff, geotransform: tiff.geotransform, srs, coverageName: baseName(store.url ?? '') };
}

function baseName(url: string): string {
  const path = url.split('?')[0] ?? '';
  return path.slice(path.lastIndexOf('/') + 1).replace(/\.[^.]*$/, '');
}

export type Derived = Pick<CoverageInfo, 'nativeCRS' | 'nativeBoundingBox' | 'latLonBoundingBox' | 'grid'>;

/** What GeoServer fills in whenever it is absent. */
export function deriveGeometry(header: Header): Derived {
  const box = boxOf(header);
  return {
    nativeCRS: wktOf(header.srs),
    nativeBoundingBox: box,
    latLonBoundingBox: latLonOf(box),
    grid: gridOf(header),
  };
}

/** What GeoServer fills in for a coverage that comes without an srs. */
export function deriveAll(header: Header, store: StoreInfo, name: string): Partial<CoverageInfo> {
  const format = store.type ?? '';
  return {
    title: name,
    description: `Generated from ${format}`,
    keywords: [name, 'WCS', format],
    dirName: `${store.name}_${header.coverageName}`,
    simpleConversionEnabled: false,
    nativeFormat: format,
    supportedFormats: ['GeoPackage (mosaic)', 'ImageMosaic', 'GEOTIFF', ...(format === 'S3GeoTiff' ? [format] : [])],
    interpolationMethods: ['nearest neighbor', 'bilinear', 'bicubic'],
    bands: bandsOf(header.tiff),
    requestSRS: [header.srs],
    responseSRS: [header.srs],
    parameters: [
      ['InputTransparentColor', ''],
      ['SUGGESTED_TILE_SIZE', '512,512'],
      ...(format === 'S3GeoTiff' ? ([['AwsRegion', 'US_EAST_1']] as Array<[string, string]>) : []),
    ],
  };
}

const COLOURS = ['RED_BAND', 'GREEN_BAND', 'BLUE_BAND', 'ALPHA_BAND'];

function bandsOf(tiff: OpenTiff): BandInfo[] {
  const type =
    tiff.sampleFormat === 'float'
      ? `REAL_${tiff.bits}BITS`
      : `${tiff.sampleFormat === 'int' ? 'SIGNED' : 'UNSIGNED'}_${tiff.bits}BITS`;
  return Array.from({ length: tiff.bands }, (_, index) => {
    const nodata = tiff.nodata === null ? {} : { nodata: String(tiff.nodata) };
    if (tiff.bands === 1) return { name: tiff.palette === null ? 'GRAY_INDEX' : 'PALETTE_INDEX', type, ...nodata };
    const colour = tiff.photometric === 2 ? COLOURS[index] : undefined;
    return {
      name: colour ?? `Band${index + 1}`,
      ...(colour === undefined ? {} : { unit: 'W.m-2.Sr-1' }),
      type,
      ...nodata,
    };
  });
}

function gridOf({ tiff, geotransform: [x, xCol, xRow, y, yCol, yRow], srs }: Header): GridInfo {
  return {
    width: tiff.width,
    height: tiff.height,
    scaleX: xCol,
    scaleY: yRow,
    shearX: xRow,
    shearY: yCol,
    translateX: x + (xCol + xRow) / 2,
    translateY: y + (yCol + yRow) / 2,
    crs: srs,
  };
}

function boxOf({ tiff, geotransform: [x, xCol, xRow, y, yCol, yRow], srs }: Header): Box {
  const corners = [0, tiff.width].flatMap((column) =>
    [0, tiff.height].map((row) => [x + column * xCol + row * xRow, y + column * yCol + row * yRow] as const),
  );
  const [xs, ys] = [corners.map(([cx]) => cx), corners.map(([, cy]) => cy)];
  return { minx: Math.min(...xs), miny: Math.min(...ys), maxx: Math.max(...xs), maxy: Math.max(...ys), crs: srs };
}

/** The box in degrees, its edges densified; the native one where the CRS is not known here. */
export function latLonOf(box: Box): Box {
  const transform = isGeographic(box.crs) ? null : transformBetween(box.crs, 'EPSG:4326');
  if (transform === null || box.crs === 'EPSG:404000') return { ...box, crs: 'EPSG:4326' };
  const xs: number[] = [];
  const ys: number[] = [];
  for (let step = 0; step <= 20; step += 1) {
    const x = box.minx + ((box.maxx - box.minx) * step) / 20;
    const y = box.miny + ((box.maxy - box.miny) * step) / 20;
    const edges = [
      [x, box.miny],
      [x, box.maxy],
      [box.minx, y],
      [box.maxx, y],
    ] as const;
    for (const point of edges) {
      const [lon, lat] = transform(point);
      xs.push(lon);
      ys.push(lat);
    }
  }
  const [minx, maxx] = [Math.min(...xs), Math.max(...xs)];
  return { minx, miny: Math.min(...ys), maxx, maxy: Math.max(...ys), crs: 'EPSG:4326' };
}
