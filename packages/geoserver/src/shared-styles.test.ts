import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RasterFacts } from '@geosluice/jobs';
import { defaultStyleOf } from './shared-styles.ts';

const of = (facts: Pick<RasterFacts, 'bands' | 'bitsPerSample' | 'sampleFormat' | 'photometric'>) =>
  defaultStyleOf(facts as RasterFacts)?.name ?? null;

test('bytes are shown as they are; what has more is stretched, as colours where it says that it is in colour', () => {
  assert.equal(of({ bands: 1, bitsPerSample: 8, sampleFormat: 'uint', photometric: 1 }), null);
  assert.equal(of({ bands: 4, bitsPerSample: 8, sampleFormat: 'uint', photometric: 2 }), null);
  assert.equal(of({ bands: 1, bitsPerSample: 1, sampleFormat: 'uint', photometric: 0 }), null);
  assert.equal(of({ bands: 1, bitsPerSample: 32, sampleFormat: 'float', photometric: 1 }), 'geosluice_grey');
  assert.equal(of({ bands: 1, bitsPerSample: 8, sampleFormat: 'int', photometric: 1 }), 'geosluice_grey');
  assert.equal(of({ bands: 3, bitsPerSample: 16, sampleFormat: 'uint', photometric: 2 }), 'geosluice_rgb');
  assert.equal(of({ bands: 12, bitsPerSample: 16, sampleFormat: 'uint', photometric: 1 }), 'geosluice_grey');
});
