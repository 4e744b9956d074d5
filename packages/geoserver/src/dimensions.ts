import type { RasterFacts } from '@geosluice/jobs';
import type { CoverageState } from './answers.ts';

const COLOURS = ['RED_BAND', 'GREEN_BAND', 'BLUE_BAND', 'ALPHA_BAND'] as const;

/** Bands as GeoServer itself would describe them, and which value is none. */
export function dimensionsOf(facts: RasterFacts): object {
  const type = { name: typeOf(facts) };
  const nodata = nodataOf(facts);
  return {
    coverageDimension: Array.from({ length: facts.bands }, (_, band) => ({
      name: bandName(facts, band),
      description: 'GridSampleDimension[-Infinity,Infinity]',
      range: { min: '-inf', max: 'inf' },
      ...(nodata.length === 0 ? {} : { nullValues: { double: nodata } }),
      dimensionType: type,
    })),
  };
}

/**
 * True where GeoServer describes these bands. What it does not show of one counts as right: else a server that shows less would
 * be told the same at each publish.
 */
export function showsBands({ dimensions }: CoverageState, facts: RasterFacts): boolean {
  const bands = dimensions?.coverageDimension ?? [];
  const nodata = nodataOf(facts);
  return (
    bands.length === facts.bands &&
    bands.every(({ name, nullValues, dimensionType }, band) => {
      const none = nullValues?.double.filter((value) => Number.isFinite(value)) ?? nodata;
      const sameNone = none.length === nodata.length && none.every((value, index) => value === nodata[index]);
      return name === bandName(facts, band) && sameNone && (dimensionType?.name ?? typeOf(facts)) === typeOf(facts);
    })
  );
}

/** None or one; a NaN is none to everybody. */
function nodataOf(facts: RasterFacts): number[] {
  const value = Number(facts.nodata ?? Number.NaN);
  return Number.isFinite(value) ? [value] : [];
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
