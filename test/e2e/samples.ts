import { type TiffOptions, writeTiff } from '../rasters/write-tiff.ts';

/** A small raster in which every pixel tells where it is and which seed it was made of. */
export function smallRaster(seed: number, options: Partial<TiffOptions> = {}): Uint8Array {
  return writeTiff({
    ...{ width: 96, height: 80, tileSize: 32, epsg: 32631, pixelSize: 30, compression: 'none' },
    origin: [400_000 + (seed % 40) * 3_000, 900_000 - Math.floor(seed / 40) * 3_000],
    pixel: (x, y, band) => (x * 2 + y * 3 + band * 50 + seed * 37) % 251,
    ...options,
  });
}

/** A sidecar with little in it. */
export function sidecar(title: string, subject = 'end to end'): string {
  return `<?xml version="1.0" encoding="UTF-8"?>
<metadata xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>${title}</dc:title><dc:subject>${subject}</dc:subject></metadata>`;
}

/** Draws everything red. */
export function redStyle(name: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?>
<StyledLayerDescriptor version="1.0.0" xmlns="http://www.opengis.net/sld"><NamedLayer><Name>${name}</Name><UserStyle>
<FeatureTypeStyle><Rule><RasterSymbolizer><ColorMap type="intervals">
<ColorMapEntry color="#ff0000" quantity="1000"/></ColorMap></RasterSymbolizer></Rule></FeatureTypeStyle>
</UserStyle></NamedLayer></StyledLayerDescriptor>`;
}
