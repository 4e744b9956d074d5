export type { Cost } from './bounded-reader.ts';
export { type Bounds, DEFAULT_BOUNDS } from './bounds.ts';
export { GeoTiffError } from './errors.ts';
export { type Beside, type Inspection, inspectRaster, type ReadOptions, readRaster } from './read-raster.ts';
export { isKnownSrs, toWgs84Bbox } from './wgs84-bbox.ts';
