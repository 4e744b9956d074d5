/**
 * Publishes the same objects to the same cluster by bare requests and by our worker, in turns, with ledgers of several sizes;
 * prints how fast, by how many requests and at what CPU, and how far the goals are reached. See docs/performance.md.
 */
import { join } from 'node:path';
import { bundle } from '../../../scripts/build.ts';
import { createBucket, type S3Server, startS3 } from '../../counterparts/s3.ts';
import { openBuckets } from '../../world/bucket.ts';
import type { Goal } from '../goal.ts';
import { keepRun } from '../kept.ts';
import { commitOf } from '../machine.ts';
import { measuredNow } from '../measured.ts';
import { rotated } from '../rotated.ts';
import { type Running, runBench } from '../running.ts';
import type { Table } from '../table.ts';
import { environmentOfImage } from '../upload/clients/bundle.ts';
import { type Asked, readArguments, USAGE } from './arguments.ts';
import { runBare } from './bare/run.ts';
import { type Cluster, startCluster } from './cluster/cluster.ts';
import { nodeNamesOf } from './cluster/lag.ts';
import { makeWorkspace, removeWorkspace } from './cluster/workspace.ts';
import { type Places, rasterOf, roadOf } from './load/dataset.ts';
import type { Range } from './load/fill.ts';
import { type Image, runOurs } from './ours/run.ts';
import { remarksOf } from './page.ts';
import { decideGoals, summarise, tablesOf } from './results.ts';
import type { Run } from './run.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');
/** Of the datasets that are there before, far from those that are published. */
const FIRST_BEFORE = 1_000_000;
const WARM_IN_FLIGHT = 8;
/** Layers that a worker of ours publishes before those that count. */
const WARM_UP = 100;

interface Bench extends Running {
  s3: S3Server;
  cluster: Cluster;
  image: Image;
  inbox: string;
  target: string;
  published: Range;
  warmUp: Range;
}

async function measure(asked: Asked, running: Running): Promise<{ tables: Table[]; goals: Goal[] }> {
  const { folder, say } = running;
  say('bundles the worker');
  const image = await imageOfPublish(folder);
  const s3 = await startS3('versitygw');
  try {
    const cluster = await startCluster(s3, folder);
    try {
      const published = { from: 0, count: asked.layers };
      const bench = {
        ...running,
        ...{ s3, cluster, image, published, warmUp: { from: asked.layers, count: WARM_UP } },
        inbox: 'inbox',
        target: await createBucket(s3),
      };
      await putObjects(bench);
      const summaries = summarise(await runAll(asked, bench));
      const found = { tables: tablesOf(summaries, nodeNamesOf(cluster)), goals: decideGoals(summaries) };
      if (asked.keep)
        await keepRun('publish', measuredNow(commitOf(ROOT), { ...found, remarks: remarksOf(cluster.real) }));
      return found;
    } finally {
      await cluster.stop();
    }
  } finally {
    await s3.stop();
  }
}

async function imageOfPublish(folder: string): Promise<Image> {
  const outdir = join(folder, 'image');
  await bundle(outdir, ['publish']);
  return { program: join(outdir, 'bin', 'publish.mjs'), env: await environmentOfImage('publish') };
}

function placesOf({ inbox, target, cluster }: Bench, workspace: string): Places {
  return { inbox, folder: 'scenes/', target, prefix: 'rasters', workspace, publicUrl: cluster.nodes[0] ?? '' };
}

/** The objects that all runs publish, as uploads would have left them. */
async function putObjects(bench: Bench): Promise<void> {
  const buckets = openBuckets(bench.s3);
  try {
    const bucket = buckets.bucket(bench.target);
    for (let number = 0; number < bench.published.count + bench.warmUp.count; number += 1) {
      bench.signal.throwIfAborted();
      const { publish } = await roadOf(number, 'put', placesOf(bench, 'any'));
      await bucket.put(publish.object.key, (await rasterOf(number)).bytes);
    }
  } finally {
    buckets.close();
  }
}

/** Every variant once a round, in an order that rotates; before them a run that is not counted, in which maps are drawn first. */
async function runAll({ sizes, rounds, inFlight }: Asked, bench: Bench): Promise<Run[]> {
  const bare = inFlight.map((number) => (workspace: string) => bareRun(bench, workspace, number));
  const ours = sizes.map((size) => (workspace: string) => ourRun(bench, workspace, size));
  const turns = interleaved(bare, ours);
  bench.say(`warms up: ${lineOf(await inWorkspace(bench, (workspace) => bareRun(bench, workspace, WARM_IN_FLIGHT)))}`);
  const runs: Run[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    for (const turn of rotated(turns, round - 1)) {
      const run = await inWorkspace(bench, turn);
      runs.push(run);
      bench.say(`#${round} ${lineOf(run)}`);
    }
  }
  return runs;
}

let workspaces = 0;

/** A run in a workspace of its own, gone afterwards. */
async function inWorkspace({ cluster, signal }: Bench, turn: (workspace: string) => Promise<Run>): Promise<Run> {
  signal.throwIfAborted();
  workspaces += 1;
  const workspace = `bench_${process.pid}_${workspaces}`;
  await makeWorkspace(cluster, workspace);
  try {
    return await turn(workspace);
  } finally {
    await removeWorkspace(cluster, workspace);
  }
}

async function bareRun(bench: Bench, workspace: string, inFlight: number): Promise<Run> {
  const numbers = Array.from({ length: bench.published.count }, (_, at) => bench.published.from + at);
  const roads = await Promise.all(numbers.map((number) => roadOf(number, 'bare', placesOf(bench, workspace))));
  return await runBare(
    roads.map(({ publish }) => publish),
    bench,
    inFlight,
  );
}

async function ourRun(bench: Bench, workspace: string, size: number): Promise<Run> {
  const before = { from: FIRST_BEFORE, count: size };
  return await runOurs({ ...bench, before, places: placesOf(bench, workspace) });
}

/** One of each in turn, as long as there are any. */
function interleaved<T>(one: readonly T[], other: readonly T[]): T[] {
  const length = Math.max(one.length, other.length);
  return Array.from({ length }, (_, at) => [...one.slice(at, at + 1), ...other.slice(at, at + 1)]).flat();
}

function lineOf({ by, variant, layers, seconds, p50, p99, requests, cpu }: Run): string {
  const who = by === 'bare' ? `bare, ${variant} in flight` : `ours, ${variant} before`;
  const each = (requests.reduce((sum, count) => sum + count, 0) / layers).toFixed(2);
  const took = cpu === null ? '' : `, ${((cpu / layers) * 1000).toFixed(1)} CPU ms a layer`;
  const rate = ((layers / seconds) * 60).toFixed(0);
  return `${who}: ${rate} layers a minute, p50 ${p50.toFixed(0)} ms, p99 ${p99.toFixed(0)} ms, ${each} requests a layer${took}`;
}

await runBench('publish', USAGE, readArguments, measure);
