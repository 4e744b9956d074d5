import { createReadStream } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { bundle } from '../../../../scripts/build.ts';
import { writeSparseTiffFile } from '../../../rasters/write-tiff.ts';
import { until } from '../../../world/until.ts';
import { spreadOf } from '../../statistics.ts';
import { environmentOfImage } from '../clients/bundle.ts';
import { modifiedAt } from '../files.ts';
import { GIB, MIB } from '../loads.ts';
import { measure } from '../measure.ts';
import type { Order, OrderedFile } from '../order.ts';
import type { RoomOptions, RoomResult } from './room.ts';
import { type SinkScene, withScene } from './scenes.ts';

const COUNT = 64;
/** 64 MiB of pixels, in one file. */
const SIDE = 8192;
const AT_LEAST = 0.9;
/** A worker's defaults, in place of what tests hurry it with. */
const PATIENT = { GEOSLUICE_LOCK_SECONDS: '30', GEOSLUICE_SWEEP_SECONDS: '60', GEOSLUICE_SWEEP_AGE_SECONDS: '120' };

/**
 * The same files by the whole stage and by the bare engine: from the worker's first look for a job to the last that the ledger knows
 * as uploaded, against the engine's own time between its first and its last byte.
 */
export async function measureStage(options: RoomOptions): Promise<RoomResult> {
  const [stage, bare]: [number[], number[]] = [[], []];
  // both as the image of the upload worker has them
  const image = { folder: join(options.folder, 'image'), env: await environmentOfImage() };
  await bundle(image.folder, ['upload']);
  let bytes = 0;
  for (let round = 1; round <= options.rounds; round += 1) {
    await withScene(`bench-stage-${round}`, {}, async (all) => {
      const files = await makeRasters(all.world.mount);
      bytes = files.reduce((sum, { size }) => sum + size, 0);
      bare.push(await byEngine(files, all, options));
      stage.push(await byStage(all, image));
    });
    const [first, second] = [bare.at(-1) ?? 0, stage.at(-1) ?? 0];
    options.say(`stage #${round}: ${second.toFixed(2)} s, bare engine ${first.toFixed(2)} s`);
  }
  const row = (name: string, seconds: readonly number[]): string[] => {
    const { median, least, most } = spreadOf(seconds);
    return [name, ...[median, least, most].map((value) => value.toFixed(2)), (bytes / 1e6 / median).toFixed(0)];
  };
  return {
    room: 'stage',
    title: `${COUNT} rasters of 64 MiB, ${(bytes / GIB).toFixed(2)} GiB, to the sink`,
    head: ['by', 'wall s', 'least', 'most', 'MB/s'],
    rows: [row('whole stage', stage), row('bare engine', bare)],
    goals: [
      {
        where: `sink, ${COUNT} × 64 MiB`,
        what: 'speed of the whole stage / bare engine',
        figure: spreadOf(bare).median / spreadOf(stage).median,
        bound: AT_LEAST,
        atLeast: true,
      },
    ],
  };
}

interface Image {
  folder: string;
  env: Record<string, string>;
}

type Raster = Omit<OrderedFile, 'key'> & { name: string };

async function makeRasters(folder: string): Promise<Raster[]> {
  const rasters: Raster[] = [];
  for (let index = 0; index < COUNT; index += 1) {
    const name = `raster_${index}.tif`;
    const path = join(folder, name);
    const shape = { width: SIDE, height: SIDE, tileSize: 512, epsg: 32631, pixelSize: 1 };
    const size = await writeSparseTiffFile(path, { ...shape, pixel: (x, y) => (x + y + index) % 251 });
    // whoever reads a file first would read it from the disk
    for await (const _ of createReadStream(path, { highWaterMark: 4 * MIB }));
    rasters.push({ name, path, size, modified: await modifiedAt(path) });
  }
  return rasters;
}

async function byEngine(files: readonly Raster[], { sink, world }: SinkScene, options: RoomOptions): Promise<number> {
  const { folder, python, ours, signal } = options;
  const prefix = 'bare/';
  const order: Order = {
    ...{ access: sink.access, bucket: sink.bucket, prefix, folder: world.mount },
    files: files.map(({ name, ...file }) => ({ ...file, key: `${prefix}${name}` })),
  };
  const orderPath = join(folder, 'order.json');
  await writeFile(orderPath, JSON.stringify(order));
  const { output } = await measure(ours.command(order, orderPath), { python, folder, signal });
  await rm(orderPath);
  return (JSON.parse(output) as { seconds: number }).seconds;
}

/** @returns seconds */
async function byStage({ scene, world }: SinkScene, image: Image): Promise<number> {
  const discover = await scene.start('discover');
  const ingestion = await scene.ingest(`${pathToFileURL(world.mount).href}/`);
  const withinMs = 120_000;
  const { queues, ledger } = scene.pipeline;
  const waiting = async () => {
    const { upload } = await queues.counts();
    return upload.waiting + upload.prioritized === COUNT;
  };
  await until('all are ready for upload', waiting, { withinMs, describe: scene.describe });
  // what it still would do is none of the stage's work
  await discover.end('SIGTERM');
  const worker = await scene.start('upload', { ...image.env, ...PATIENT }, join(image.folder, 'bin', 'upload.mjs'));
  const begun = timeOf(worker.logs(), 'Worker:Run:Start');
  // looked for in what it says, which costs the machine less than to ask Redis
  const said = () => worker.logs().split('"Object:Store:Done"').length > COUNT;
  await until('all are in the store', said, { withinMs, describe: scene.describe });
  const uploaded = async () => (await ledger.counts(ingestion)).publishing === COUNT;
  await until('all are uploaded', uploaded, { withinMs, describe: scene.describe });
  let ended = 0;
  for (const { dataset } of await scene.entries(ingestion)) {
    const steps = await ledger.steps(dataset);
    ended = Math.max(ended, ...steps.filter(({ state }) => state === 'publishing').map(({ at }) => Date.parse(at)));
  }
  return (ended - begun) / 1000;
}

/** When a process wrote a line of its log, milliseconds. */
function timeOf(log: string, message: string): number {
  const line = log.split('\n').find((one) => one.includes(`"${message}"`));
  if (line === undefined) throw new Error(`the log has no ${message}`);
  return Date.parse((JSON.parse(line) as { time: string }).time);
}
