import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { brokenTiffs, georeferenceOutside } from './broken-tiffs.ts';
import { writeTiff } from './write-tiff.ts';

const FIXTURES = join(import.meta.dirname, '..', 'fixtures');
const sample = (name: string): Uint8Array => readFileSync(join(FIXTURES, 'dublin-core', name));
const text = (content: string): Uint8Array => new TextEncoder().encode(content);

/** A file as somebody drops it: the raster, what lies beside it, and what must become of it. */
export interface Drop {
  /** Base name of the raster. */
  name: string;
  raster: () => Uint8Array;
  /** By base name. */
  sidecars?: Record<string, Uint8Array>;
  becomes: { state: 'visible'; title: string; metadata: 'none' | 'ok' | 'degraded' } | { state: 'dead'; code: string };
}

const SIZE = { width: 600, height: 400 } as const;

/** Rasters of several kinds with sidecars of several dialects. */
export const GOOD_DROPS: readonly Drop[] = [
  {
    name: 'population.tif',
    raster: () =>
      writeTiff({ ...SIZE, bands: 3, photometric: 2, epsg: 32632, origin: [320_000, 1_450_000], pixelSize: 400 }),
    sidecars: { 'population.xml': sample('01-oai-dc.xml') },
    becomes: { state: 'visible', title: 'Population density, Zamfara 2020', metadata: 'ok' },
  },
  {
    name: 'N07E003.tif',
    raster: () =>
      writeTiff({
        ...{ width: 512, height: 512, sampleFormat: 'int', bits: 16, nodata: -9999, compression: 'lzw', epsg: 4326 },
        ...{ origin: [3, 8], pixelSize: 1 / 512, pixel: (x, y) => (x < 20 ? -9999 : (x * 3 + y) % 900) },
      }),
    sidecars: { 'N07E003.xml': sample('03-dcterms-qualified.xml') },
    becomes: { state: 'visible', title: 'Elevation model, tile N07E003', metadata: 'ok' },
  },
  {
    name: 'land cover 2015 (final).tif',
    raster: () =>
      writeTiff({
        ...SIZE,
        rowsPerStrip: 16,
        littleEndian: false,
        epsg: 3857,
        origin: [300_000, 1_200_000],
        pixelSize: 250,
      }),
    sidecars: { 'land cover 2015 (final).xml': sample('04-simple-no-namespace.xml') },
    becomes: { state: 'visible', title: 'Land cover 2015', metadata: 'ok' },
  },
  {
    name: 'ndvi-2021-06.TIF',
    raster: () =>
      writeTiff({
        ...{
          width: 1024,
          height: 1024,
          sampleFormat: 'float',
          bits: 32,
          nodata: 'nan',
          epsg: 4326,
          layout: 'cog',
          overviews: 2,
        },
        ...{ origin: [9, 50], pixelSize: 2 / 1024, pixel: (x, y) => Math.sin(x / 90) * Math.cos(y / 70) },
      }),
    sidecars: { 'ndvi-2021-06.TIF.xml': sample('02-rdf-dc.xml') },
    becomes: { state: 'visible', title: 'NDVI June 2021', metadata: 'ok' },
  },
  {
    name: 'rainfall.tif',
    raster: () =>
      writeTiff({
        ...{ width: 800, height: 640, bigTiff: true, sampleFormat: 'uint', bits: 16, epsg: 25832, compression: 'none' },
        ...{
          origin: [250_000, 6_000_000],
          pixelSize: 800,
          overviews: 1,
          sparse: (column, row, level) => level === 0 && column === 0 && row === 0,
        },
      }),
    sidecars: { 'rainfall.xml': readFileSync(join(FIXTURES, 'dublin-core', 'neighbours', 'iso19139.xml')) },
    becomes: { state: 'visible', title: 'Rainfall normals', metadata: 'ok' },
  },
  {
    name: 'no_sidecar_yet.tif',
    raster: () => writeTiff({ ...SIZE, epsg: 32631, origin: [500_000, 700_000], pixelSize: 30 }),
    becomes: { state: 'visible', title: 'no sidecar yet', metadata: 'none' },
  },
  {
    name: 'hostile_sidecar.tif',
    raster: () => writeTiff({ ...SIZE, epsg: 32631, origin: [400_000, 900_000], pixelSize: 30 }),
    sidecars: { 'hostile_sidecar.xml': sample('12-hostile-entities.xml') },
    becomes: { state: 'visible', title: 'hostile sidecar', metadata: 'degraded' },
  },
];

/** Files that cannot become layers, each for another reason. */
export const BAD_DROPS: readonly Drop[] = [
  { name: 'poison.tif', raster: brokenTiffs.cyclic, becomes: { state: 'dead', code: 'MALFORMED_TIFF' } },
  { name: 'truncated.tif', raster: brokenTiffs.truncated, becomes: { state: 'dead', code: 'TRUNCATED' } },
  { name: 'no_crs.tif', raster: brokenTiffs.noCrs, becomes: { state: 'dead', code: 'NO_CRS' } },
  { name: 'not_a_tiff.tif', raster: brokenTiffs.notATiff, becomes: { state: 'dead', code: 'NOT_A_TIFF' } },
  { name: 'empty.tif', raster: brokenTiffs.empty, becomes: { state: 'dead', code: 'EMPTY_FILE' } },
  {
    name: 'lerc.tif',
    raster: brokenTiffs.wrongCompression,
    becomes: { state: 'dead', code: 'UNSUPPORTED_COMPRESSION' },
  },
  {
    name: 'outside.tif',
    raster: () => georeferenceOutside().tif,
    sidecars: { 'outside.tfw': text(georeferenceOutside().tfw) },
    becomes: { state: 'dead', code: 'GEOREF_OUTSIDE' },
  },
];
