import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { crc32 } from 'node:zlib';
import { writeSparseTiffFile } from '../../../rasters/write-tiff.ts';
import { until } from '../../../world/until.ts';
import { GIB, MIB } from '../loads.ts';
import type { RoomOptions, RoomResult } from './room.ts';
import { type SinkScene, withScene } from './scenes.ts';

const WORKERS = 4;
const PART_MIB = 8;
/** 8 GiB of pixels. */
const [WIDTH, HEIGHT] = [131_072, 65_536];
/** Of a worker's share. */
const EVEN_WITHIN = 0.2;
const ENV = {
  GEOSLUICE_UPLOAD_SHARE_MIB: '64',
  GEOSLUICE_UPLOAD_PART_MIB: `${PART_MIB}`,
  GEOSLUICE_UPLOAD_CONCURRENCY: '2',
  GEOSLUICE_LOCK_SECONDS: '2',
};

interface Shared {
  seconds: number;
  /** Parts by each worker. */
  shares: number[];
  /** Bytes of bodies that the sink took, more than the file's where parts were sent twice. */
  sent: number;
  size: number;
}

/** One file of 8 GiB on four workers, in peace and with two of them killed half-way; the object's CRC is compared. */
export async function measureWorkers({ say }: RoomOptions): Promise<RoomResult> {
  const peace = await withScene('bench-even', ENV, (all) => bring(all, 0));
  say(`workers: ${peace.seconds.toFixed(1)} s, shares ${peace.shares.join(', ')}`);
  const killed = await withScene('bench-killed', ENV, (all) => bring(all, 2));
  say(`workers, two killed: ${killed.seconds.toFixed(1)} s, shares ${killed.shares.join(', ')}`);
  const even = peace.shares.reduce((sum, share) => sum + share, 0) / WORKERS;
  const row = (name: string, { seconds, shares, sent, size }: Shared): string[] => [
    ...[name, seconds.toFixed(1), shares.join(', '), ((sent - size) / MIB).toFixed(0)],
  ];
  return {
    room: 'workers',
    title: `One file of ${(peace.size / GIB).toFixed(2)} GiB on ${WORKERS} workers, to the sink`,
    head: ['', 'wall s', `parts of ${PART_MIB} MiB by each`, 'MiB taken twice'],
    rows: [row('four workers', peace), row('two of them killed half-way', killed)],
    goals: [
      {
        where: `sink, ${WORKERS} workers`,
        what: 'furthest from an even share',
        figure: Math.max(...peace.shares.map((share) => Math.abs(share - even) / even)),
        bound: EVEN_WITHIN,
      },
    ],
  };
}

/** @throws Error where the object is not the file */
async function bring({ world, sink, scene }: SinkScene, toKill: number): Promise<Shared> {
  const path = join(world.mount, 'huge.tif');
  const size = await writeSparseTiffFile(path, {
    ...{ width: WIDTH, height: HEIGHT, tileSize: 512, epsg: 32631, pixelSize: 1, bigTiff: true },
    pixel: (x, y) => (x + y * 3) % 251,
    // something in every part
    written: (column, row) => (column + row) % 16 === 0,
  });
  await scene.start('discover');
  const workers = await Promise.all(Array.from({ length: WORKERS }, () => scene.start('upload')));
  const before = (await sink.stats()).bytes;
  const ingestion = await scene.ingest(pathToFileURL(path).href);
  const options = { withinMs: 300_000, describe: scene.describe };
  const sent = async (): Promise<number> => (await sink.stats()).bytes - before;
  await until('the first part is there', async () => (await sent()) > MIB, options);
  const begun = performance.now();
  if (toKill > 0) {
    await until('half of it is there', async () => (await sent()) >= size / 2, options);
    await Promise.all(workers.slice(0, toKill).map((worker) => worker.end('SIGKILL')));
  }
  await until('it is uploaded', async () => (await scene.pipeline.ledger.counts(ingestion)).publishing === 1, options);
  const seconds = (performance.now() - begun) / 1000;
  const crc = await crcOf(path);
  const object = (await sink.stats()).objects.find((one) => one.key.endsWith('.tif'));
  if (object?.size !== size || object.crc32 !== crc) throw new Error('the object is not the file');
  return { seconds, shares: workers.map((worker) => partsIn(worker.logs())), sent: await sent(), size };
}

/** By the ranges that a worker says it sent. */
function partsIn(log: string): number {
  return log
    .split('\n')
    .filter((line) => line.includes('Object:Part:Done'))
    .map((line) => JSON.parse(line) as { first: number; last: number })
    .reduce((sum, { first, last }) => sum + last - first + 1, 0);
}

async function crcOf(path: string): Promise<number> {
  let crc = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: 4 * MIB })) crc = crc32(chunk as Buffer, crc);
  return crc;
}
