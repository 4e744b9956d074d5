import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { createGatewayClient, type GatewayClient } from '@geosluice/gateway-api';
import { openPipeline, type Pipeline } from '@geosluice/pipeline';
import { type Buckets, openBuckets } from '../../../world/bucket.ts';
import { listingsIn } from '../listings.ts';
import { dropLot, foldersOf, LOT, rasterKey } from '../lot.ts';
import { type Faults, faultsIn } from '../once.ts';
import { lookAround } from '../places.ts';
import { bytesByKind } from '../redis-bytes.ts';
import { openRedisLook } from '../redis-look.ts';
import { reportLine } from '../report.ts';
import { startSampler } from '../sampler.ts';
import { cpuOf, type Sample } from '../samples.ts';
import { type Servers, startServers } from '../servers.ts';
import { type LineState, openState } from '../state.ts';
import { type Deployment, startDeployment } from '../workers.ts';
import type { RoomOptions, RoomResult } from './room.ts';

export interface LineOptions extends RoomOptions {
  /** Rasters to be dropped. */
  count: number;
  /** Where what the servers know lies, so that a line that was ended goes on; null: nowhere. */
  state: string | null;
  /** Names what is measured. */
  identity: string;
}

const WATCH = 'lot';
/** So that the first pass is over before the next scan begins. */
const INTERVAL_SECONDS = 24 * 3_600;
const SAMPLE_MS = 2_000;
const TOLD_EACH_MS = 20_000;
/** A line in which nothing moves for so long stands still. */
const STILL_MS = 300_000;
/** What workers still write once the last dataset is visible. */
const REST_MS = 2_000;
const BUSY_WITHIN_MS = 10_000;
const POLL_MS = 10;

/** What a second scan of the same prefix took. */
export interface SecondPass {
  /** Folders that were listed, of all there are. */
  listed: number;
  /** Seconds. */
  wall: number;
  /** CPU seconds of all workers. */
  cpu: number;
}

interface Line extends LineOptions {
  servers: Servers;
  deployment: Deployment;
  buckets: Buckets;
  pipeline: Pipeline;
  gateway: GatewayClient;
  kept: LineState;
}

/** Rasters dropped under a watched prefix, all the way to GeoNode, by one worker of each stage. */
export async function measureLine(options: LineOptions): Promise<RoomResult> {
  const kept = await openState(options.state ?? join(options.folder, 'line'), options.identity);
  const servers = await startServers(kept.folder);
  const buckets = openBuckets(servers.s3);
  const closers: Array<() => Promise<void> | void> = [() => servers.stop(), () => buckets.close()];
  try {
    if (!kept.dropped()) {
      options.say(`line: drops ${options.count} rasters`);
      await dropLot(buckets, servers.inbox, options.count, options.signal);
      kept.note({ is: 'dropped' });
    }
    const pipeline = await openPipeline({ redisUrl: servers.redisUrl });
    closers.push(() => pipeline.close());
    const deployment = await startDeployment(servers, options.folder);
    closers.push(() => deployment.stop());
    const gateway = createGatewayClient(deployment.gateway);
    const result = await run({ ...options, servers, deployment, buckets, pipeline, gateway, kept });
    for (const close of closers.splice(0).toReversed()) await close();
    await kept.remove();
    return result;
  } finally {
    for (const close of closers.toReversed()) await close();
  }
}

async function run(line: Line): Promise<RoomResult> {
  const { servers, deployment, pipeline, kept, count, say } = line;
  const redis = openRedisLook(servers.redisUrl);
  try {
    await wait(REST_MS, undefined, { signal: line.signal });
    const last = kept.samples().at(-1) ?? null;
    const sample = startSampler({ servers, deployment, ledger: pipeline.ledger, redis }, last);
    if (last === null) kept.note({ is: 'sample', sample: await sample() });
    else say(`line: goes on at ${last.counts.visible} of ${count}`);
    if (kept.redisBefore() === null) kept.note({ is: 'watched', redisMemory: (await redis.usage()).memory });
    await watch(line);
    await firstPass(line, sample);
    await wait(REST_MS, undefined, { signal: line.signal });
    const redisAfter = (await redis.usage()).memory;
    const second = await secondPass(line, sample);
    say(`line: second pass ${second.wall.toFixed(2)} s, ${second.cpu.toFixed(2)} CPU s`);
    return reportLine({
      ...{ count, samples: kept.samples(), second, faults: await faultsOf(line) },
      redisBytes: redisAfter - (kept.redisBefore() ?? 0),
      bytesByKind: await bytesByKind(servers.redisUrl),
    });
  } finally {
    redis.close();
  }
}

/** As a person sets it. */
async function watch({ gateway, servers, signal }: Line): Promise<void> {
  const source = `s3://${servers.inbox}/${LOT}`;
  await gateway.putWatch({ id: WATCH, source, options: {}, intervalSeconds: INTERVAL_SECONDS }, signal);
}

/** @throws Error where a dataset is dead, or nothing moves any more */
async function firstPass(line: Line, sample: () => Promise<Sample>): Promise<void> {
  const { kept, count, say, signal, deployment, gateway } = line;
  let [told, moved, before] = [Number.NEGATIVE_INFINITY, performance.now(), ''];
  for (;;) {
    const now = await sample();
    kept.note({ is: 'sample', sample: now });
    const { visible, dead } = now.counts;
    if (dead > 0) {
      const { deadLetters } = await gateway.deadLetters({ limit: 5 }, signal);
      throw new Error(`${dead} datasets are dead: ${JSON.stringify(deadLetters)}`);
    }
    if (performance.now() - told >= TOLD_EACH_MS || visible === count) {
      told = performance.now();
      const cpus = Object.entries(now.workers).map(([stage, { cpu }]) => `${stage} ${cpu.toFixed(0)}`);
      const others = Object.entries(now.servers).map(([name, cpu]) => `${name} ${cpu.toFixed(0)}`);
      say(
        `line: ${visible} of ${count} visible after ${now.at.toFixed(0)} s; CPU s ${[...cpus, ...others].join(', ')}`,
      );
    }
    if (visible === count) return;
    const state = JSON.stringify(now.counts);
    if (state !== before) [moved, before] = [performance.now(), state];
    if (performance.now() - moved > STILL_MS) throw new Error(`the line stands still: ${state}\n${deployment.logs()}`);
    await wait(SAMPLE_MS, undefined, { signal });
  }
}

/** The watch is taken away and set again: its first scan is at once, and finds what it knows. */
async function secondPass(line: Line, sample: () => Promise<Sample>): Promise<SecondPass> {
  const { gateway, pipeline, signal, deployment, count } = line;
  const { discover } = deployment.workers;
  await gateway.removeWatch(WATCH, signal);
  await wait(REST_MS, undefined, { signal });
  const listings = await listingsIn(discover.url, signal);
  const before = await sample();
  await watch(line);
  const busy = async (): Promise<boolean> => {
    const all = Object.values(await pipeline.queues.counts());
    return all.some(({ waiting, prioritized, active }) => waiting + prioritized + active > 0);
  };
  const begun = performance.now();
  while (!(await busy()) && performance.now() - begun < BUSY_WITHIN_MS) await wait(POLL_MS, undefined, { signal });
  while (await busy()) await wait(POLL_MS, undefined, { signal });
  const after = await sample();
  const listed = ((await listingsIn(discover.url, signal)) - listings) / foldersOf(count);
  return { listed, wall: after.at - before.at, cpu: cpuOf(after) - cpuOf(before) };
}

async function faultsOf({
  servers,
  buckets,
  gateway,
  count,
  pipeline,
  signal,
}: Line): Promise<Faults & { open: number }> {
  const dropped = Array.from({ length: count }, (_, index) => `s3://${servers.inbox}/${rasterKey(index)}`);
  const faults = faultsIn(dropped, await lookAround(servers, buckets, gateway));
  const { visible, ...others } = await pipeline.ledger.counts();
  const { deadLetters } = await gateway.deadLetters({ limit: 1 }, signal);
  const open = Object.values(others).reduce((sum, one) => sum + one, 0) + deadLetters.length;
  return { ...faults, open: open + Math.abs(visible - count) };
}
