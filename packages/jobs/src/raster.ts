import { z } from 'zod';
import { srsSchema } from './options.ts';

/** [west, south, east, north] or [minX, minY, maxX, maxY]; always x before y, whatever the axis order of the CRS. */
export const bboxSchema = z.tuple([z.number(), z.number(), z.number(), z.number()]);
export type Bbox = z.infer<typeof bboxSchema>;

/** What the header of a raster says, as far as publishing needs it. A few hundred bytes; it travels in jobs. */
export const rasterFactsSchema = z.strictObject({
  format: z.literal('geotiff'),
  /** Bytes of the whole file. */
  size: z.int().positive(),
  bigTiff: z.boolean(),
  littleEndian: z.boolean(),
  /** Pixels. */
  width: z.int().positive(),
  height: z.int().positive(),
  bands: z.int().positive(),
  sampleFormat: z.enum(['uint', 'int', 'float', 'complex-int', 'complex-float']),
  bitsPerSample: z.int().positive(),
  /** As the file writes it (GDAL_NODATA), e.g. `-9999` or `nan`; null where there is none. */
  nodata: z.string().nullable(),
  /** TIFF tag 259 and its usual name, e.g. 8 and `deflate`. */
  compression: z.strictObject({ code: z.int(), name: z.string() }),
  photometric: z.int(),
  tiled: z.boolean(),
  /** Pixels of a tile, or of a strip. */
  blockWidth: z.int().positive(),
  blockHeight: z.int().positive(),
  /** Pixel sizes of the internal overviews, largest first. */
  overviews: z.array(z.tuple([z.int(), z.int()])).max(64),
  /** Header and overviews are ordered as a Cloud Optimized GeoTIFF has them. */
  cog: z.boolean(),
  srs: srsSchema,
  /** True where the srs comes from options: GeoServer must be told FORCE_DECLARED. */
  srsDeclared: z.boolean(),
  /** GDAL order: x = g0 + col*g1 + row*g2, y = g3 + col*g4 + row*g5, of the outer corner of the first pixel. */
  geotransform: z.tuple([z.number(), z.number(), z.number(), z.number(), z.number(), z.number()]),
  pixelIsPoint: z.boolean(),
  /** In the units of srs. */
  nativeBbox: bboxSchema,
  /** Degrees; west > east where it crosses the antimeridian. */
  wgs84Bbox: bboxSchema,
  /** Native box of about 256 × 256 pixels around a block that holds data; null where every block is sparse. */
  probeBbox: bboxSchema.nullable(),
  /** Why reading will be slow, or what was guessed: stable short codes, e.g. `no-overviews`, `striped`. */
  warnings: z.array(z.string().max(200)).max(50),
});
export type RasterFacts = z.infer<typeof rasterFactsSchema>;
