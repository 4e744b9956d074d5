import { copyFileSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { spreadOf } from '../../statistics.ts';
import type { Client } from '../clients/client.ts';
import { GIB } from '../loads.ts';
import { type Sink, startSink } from '../servers/sink.ts';
import { uploadHoles } from './holes.ts';
import type { RoomOptions, RoomResult } from './room.ts';
import { type CpuProfile, selfTimes } from './self-times.ts';

const SIZE = 4 * GIB;
const WAYS = ['zlib', 'native'] as const;
type Way = (typeof WAYS)[number];
/** Functions that are shown. */
const MOST = 8;
const CPU = 'CPU of the process';

/** Where the engine's CPU time goes with each way to compute a CRC-32: what the native code is there for. */
export async function measureProfile(options: RoomOptions): Promise<RoomResult> {
  const sink = await startSink();
  const alone = await mkdtemp(join(tmpdir(), 'geosluice-profile-'));
  const runs: Record<Way, Array<Map<string, number>>> = { zlib: [], native: [] };
  try {
    for (let round = 1; round <= options.rounds; round += 1) {
      for (const way of WAYS) {
        const times = await profileOf(way, alone, sink, options);
        options.say(`profile, CRC-32 by ${way} #${round}: ${times.get(CPU)?.toFixed(2)} CPU s`);
        runs[way].push(times);
      }
    }
  } finally {
    await sink.stop();
    await rm(alone, { recursive: true, force: true });
  }
  const medianOf = (way: Way, name: string): number =>
    spreadOf(runs[way].map((times) => (times.get(name) ?? 0) / (SIZE / GIB))).median;
  const names = [...new Set(WAYS.flatMap((way) => runs[way].flatMap((times) => [...times.keys()])))]
    .map((name) => ({ name, seconds: WAYS.map((way) => medianOf(way, name)) }))
    .sort((a, b) => Math.max(...b.seconds) - Math.max(...a.seconds));
  return {
    room: 'profile',
    title: 'Where the time goes: a file of holes of 4 GiB to the sink, by V8’s profiler, seconds a GiB',
    head: [
      'function of the event loop’s thread',
      ...WAYS.map((way) => `CRC-32 by ${way === 'zlib' ? 'zlib' : '@node-rs/crc32'}`),
    ],
    rows: names.slice(0, MOST + 1).map(({ name, seconds }) => [name, ...seconds.map((value) => value.toFixed(3))]),
    goals: [],
  };
}

/** @returns seconds by function */
async function profileOf(way: Way, alone: string, sink: Sink, options: RoomOptions): Promise<Map<string, number>> {
  const profiles = await mkdtemp(join(alone, 'run-'));
  const command: Client['command'] = (order, orderPath) => {
    const { command, args, env } = options.ours.command(order, orderPath);
    const [bundle = '', ...others] = args;
    const program = way === 'native' ? bundle : join(alone, basename(bundle));
    // away from the package, it is not found
    if (way === 'zlib') copyFileSync(bundle, program);
    const profiled = ['--cpu-prof', `--cpu-prof-dir=${profiles}`, program, ...others, way];
    return { command, args: profiled, ...(env && { env }) };
  };
  const { user, system } = await uploadHoles(SIZE, sink, command, options);
  const [name = ''] = await readdir(profiles);
  const profile = JSON.parse(await readFile(join(profiles, name), 'utf8')) as CpuProfile;
  return new Map([[CPU, user + system], ...selfTimes(profile)]);
}
