import type { RasterFacts } from '@geosluice/jobs';

/** Header facts of a small DEM, for the stages' own tests. */
export function exampleFacts(size: number): RasterFacts {
  return {
    format: 'geotiff',
    size,
    bigTiff: false,
    littleEndian: true,
    width: 10,
    height: 10,
    bands: 1,
    sampleFormat: 'int',
    bitsPerSample: 16,
    nodata: null,
    compression: { code: 8, name: 'deflate' },
    photometric: 1,
    tiled: true,
    blockWidth: 256,
    blockHeight: 256,
    overviews: [],
    cog: false,
    srs: 'EPSG:4326',
    srsDeclared: false,
    geotransform: [3, 0.1, 0, 8, 0, -0.1],
    pixelIsPoint: false,
    nativeBbox: [3, 7, 4, 8],
    wgs84Bbox: [3, 7, 4, 8],
    probeBbox: [3, 7, 4, 8],
    warnings: [],
  };
}
