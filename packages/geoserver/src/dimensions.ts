import type { RasterFacts } from '@geosluice/jobs';

const COLOURS = ['RED_BAND', 'GREEN_BAND', 'BLUE_BAND', 'ALPHA_BAND'] as const;

/** Bands as GeoServer itself would describe them, and which value is none. */
export function dimensionsOf(facts: RasterFacts): object {
  const type = { name: typeOf(facts) };
  const nodata = Number(facts.nodata ?? Number.NaN);
  return {
    coverageDimension: Array.from({ length: facts.bands }, (_, band) => ({
      name: bandName(facts, band),
      description: 'GridSampleDimension[-Infinity,Infinity]',
      range: { min: '-inf', max: 'inf' },
      ...(Number.isFinite(nodata) ? { nullValues: { double: [nodata] } } : {}),
      dimensionType: type,
    })),
  };
}

function bandName(facts: RasterFacts, band: number): string {
  if (facts.bands === 1) return facts.photometric === 3 ? 'PALETTE_INDEX' : 'GRAY_INDEX';
  const colour = facts.photometric === 2 && facts.bands <= 4 ? COLOURS[band] : undefined;
  return colour ?? `Band${band + 1}`;
}

/** Names of org.geotools.api.coverage.SampleDimensionType. */
function typeOf({ sampleFormat, bitsPerSample }: RasterFacts): string {
  if (sampleFormat === 'float') return `REAL_${bitsPerSample > 32 ? 64 : 32}BITS`;
  const sign = sampleFormat === 'int' ? 'SIGNED' : 'UNSIGNED';
  return `${sign}_${[1, 2, 4, 8, 16, 32].find((bits) => bitsPerSample <= bits) ?? 32}BITS`;
}
