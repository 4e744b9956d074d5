import { spreadOf } from '../../statistics.ts';
import { GIB } from '../loads.ts';
import { startSink } from '../servers/sink.ts';
import { uploadHoles } from './holes.ts';
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
        const { rss } = await uploadHoles(size, sink, options.ours.command, options);
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
