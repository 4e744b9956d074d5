import { rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { modifiedAt } from '../files.ts';
import { GIB } from '../loads.ts';
import { measure } from '../measure.ts';
import type { Order } from '../order.ts';
import { faultsOf, type Sink, startSink } from '../servers/sink.ts';
import { spreadOf } from '../statistics.ts';
import type { RoomOptions, RoomResult } from './room.ts';

const SIZES = [1, 4, 16].map((count) => count * GIB);
/** Largest peak against the smallest. */
const WITHIN = 1.1;
const MB = 1e6;

/** Files of holes of several sizes: the peak of memory must not follow the size. */
export async function measureMemory(options: RoomOptions): Promise<RoomResult> {
  const sink = await startSink();
  const peaks = new Map<number, number[]>(SIZES.map((size) => [size, []]));
  try {
    for (let round = 1; round <= options.rounds; round += 1) {
      for (const size of SIZES) {
        const rss = await peakOf(size, sink, options);
        options.say(`memory ${size / GIB} GiB #${round}: ${(rss / MB).toFixed(0)} MB`);
        peaks.get(size)?.push(rss);
      }
    }
  } finally {
    await sink.stop();
  }
  const spreads = [...peaks].map(([size, values]) => ({ size, ...spreadOf(values) }));
  const medians = spreads.map(({ median }) => median);
  return {
    room: 'memory',
    title: 'Peak RSS by the size of a file of holes, to the sink',
    head: ['file', 'peak RSS MB', 'least', 'most'],
    rows: spreads.map(({ size, median, least, most }) => [
      `${size / GIB} GiB`,
      ...[median, least, most].map((value) => (value / MB).toFixed(0)),
    ]),
    goals: [
      {
        where: 'sink, 1, 4 and 16 GiB',
        what: 'largest / smallest peak RSS',
        figure: Math.max(...medians) / Math.min(...medians),
        bound: WITHIN,
      },
    ],
  };
}

async function peakOf(size: number, sink: Sink, { folder, python, ours, signal }: RoomOptions): Promise<number> {
  const path = join(folder, 'holes.tif');
  try {
    await writeFile(path, '');
    await truncate(path, size);
    const { access, bucket } = sink;
    const files = [{ path, size, modified: await modifiedAt(path), key: 'memory/holes.tif' }];
    const order: Order = { access, bucket, prefix: 'memory/', folder, files };
    const orderPath = join(folder, 'order.json');
    await writeFile(orderPath, JSON.stringify(order));
    const { measured } = await measure(ours.command(order, orderPath), { python, folder, signal });
    const expected = { bucket, objects: new Map([['memory/holes.tif', { size, crc32: null }]]) };
    const faults = faultsOf(await sink.stats(), expected, order.prefix);
    await sink.reset();
    if (faults.length > 0) throw new Error(faults.join('; '));
    return measured.rss;
  } finally {
    await rm(path, { force: true });
  }
}
