import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Kept } from './kept.ts';
import { uploadPages } from './page.ts';

const GIB = 1024 ** 3;
const run = { server: 'sink', load: '64x64MiB', bytes: GIB, round: 1, system: 0, wall: 2, rss: 50e6 } as const;
const KEPT: Kept = {
  ...{ date: '2000-01-01', commit: 'abc' },
  machine: { cpu: 'a cpu', cores: 2, memory: 8, kernel: 'linux', node: 'v24' },
  clients: [{ name: 'ours', about: 'the engine' }],
  results: [
    { ...run, client: 'ours', user: 0.5 },
    { ...run, client: 's5cmd', user: 1 },
  ],
  rooms: [],
};

suite('[bench] page', () => {
  test('without a kept run it says so, and has no plots', () => {
    const { section: text, plots } = uploadPages(null);
    assert.deepEqual(plots, {});
    assert.match(text, /No run was kept yet/);
    assert.match(text, /not measured yet/);
    assert.doesNotMatch(text, /NaN|undefined|Infinity/);
  });
  test('what a kept run has less than a full one is named', () => {
    const { section: text } = uploadPages(KEPT);
    assert.match(text, /sink lacks 1 × 4 GiB/);
    assert.match(text, /versitygw lacks/);
    assert.match(text, /64 × 64 MiB to 1.00 GiB/);
    assert.match(text, /1 of 5 rounds/);
    assert.match(text, /Not measured: stage, memory, workers/);
    assert.doesNotMatch(text, /NaN|undefined|Infinity/);
  });
  test('a goal that falls short stands there as short', () => {
    assert.match(uploadPages(KEPT).section, /CPU \/ s5cmd \| 0.50 \| ≤ 0.35 \| short/);
  });
  test('the example counts with our CPU of the kept run', () => {
    assert.match(uploadPages(KEPT).section, /CPU a GiB: 0.50 s, ours .* to sink/);
  });
  test('a plot has a bar a client', () => {
    const plot = uploadPages(KEPT).plots['docs/bench/cpu-sink.svg'] ?? '';
    assert.equal(plot.split('<rect x=').length - 1, 2);
  });
});
