import type { RasterFacts } from '@geosluice/jobs';
import { GeoTiffError } from './errors.ts';

export interface Samples {
  sampleFormat: RasterFacts['sampleFormat'];
  bitsPerSample: number;
  warnings: string[];
}

const FORMATS = new Map<number, RasterFacts['sampleFormat']>([
  [1, 'uint'],
  [2, 'int'],
  [3, 'float'],
  [4, 'uint'],
  [5, 'complex-int'],
  [6, 'complex-float'],
]);

/**
 * Decides by BitsPerSample and SampleFormat, one value a band or one for all.
 * @throws GeoTiffError UNSUPPORTED_SAMPLES, MALFORMED_TIFF
 */
export function decideSamples(bits: readonly number[], formats: readonly number[], bands: number): Samples {
  const bitsPerSample = bits[0] ?? 1;
  const format = formats[0] ?? 1;
  const refuse = (why: string) => new GeoTiffError('UNSUPPORTED_SAMPLES', why, { subject: 'BitsPerSample' });
  if (bits.some((each) => each !== bitsPerSample) || formats.some((each) => each !== format)) {
    throw refuse(`the bands are of different sample types (${bits.join(', ')} bits); give all of them one`);
  }
  const sampleFormat = FORMATS.get(format);
  if (sampleFormat === undefined || !Number.isInteger(bitsPerSample) || bitsPerSample < 1 || bitsPerSample > 128) {
    throw new GeoTiffError('MALFORMED_TIFF', `a sample of ${bitsPerSample} bits in format ${format} does not exist`, {
      subject: 'SampleFormat',
    });
  }
  const readable = {
    uint: [1, 2, 4, 8, 16, 32],
    int: [8, 16, 32],
    float: [32, 64],
    'complex-int': [],
    'complex-float': [],
  }[sampleFormat] as readonly number[];
  if (!readable.includes(bitsPerSample)) {
    throw refuse(
      `samples are ${sampleFormat} of ${bitsPerSample} bits, which GeoServer does not read; use 8, 16 or 32 bits, or float of 32 or 64`,
    );
  }
  if (bitsPerSample < 8 && bands > 1) throw refuse(`${bands} bands of ${bitsPerSample} bits are not read; use 8 bits`);
  const warnings: string[] = [];
  // Java has neither: values above 2^31 and below 0 would come out wrong.
  if (sampleFormat === 'uint' && bitsPerSample === 32) warnings.push('unsigned-32-bit');
  if (sampleFormat === 'int' && bitsPerSample === 8) warnings.push('signed-8-bit');
  return { sampleFormat, bitsPerSample, warnings };
}

/** Whether the text of GDAL_NODATA is a value that samples can hold. @returns a warning or null */
export function checkNodata(text: string | null, { sampleFormat, bitsPerSample }: Samples): string | null {
  if (text === null) return null;
  const value = parseNodata(text);
  if (value === undefined) return 'nodata-unreadable';
  if (sampleFormat === 'float') return null;
  const low = sampleFormat === 'int' ? -(2 ** (bitsPerSample - 1)) : 0;
  const high = sampleFormat === 'int' ? 2 ** (bitsPerSample - 1) - 1 : 2 ** bitsPerSample - 1;
  return Number.isInteger(value) && value >= low && value <= high ? null : 'nodata-out-of-range';
}

/** A number, NaN or an infinity; undefined where the text is none. */
function parseNodata(text: string): number | undefined {
  if (/^[+-]?nan(\(.*\))?$/i.test(text)) return NaN;
  const infinite = /^([+-]?)(inf(inity)?|1\.#inf\d*)$/i.exec(text);
  if (infinite !== null) return infinite[1] === '-' ? -Infinity : Infinity;
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : undefined;
}
