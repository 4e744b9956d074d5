import { join } from 'node:path';
import { openPipeline } from '@geosluice/pipeline';
import { startRedis } from '../../../counterparts/redis.ts';
import { VoidRun } from '../../running.ts';
import { spreadOf } from '../../statistics.ts';
import { spreadText } from '../../table.ts';
import { bundled } from '../../upload/clients/bundle.ts';
import { runChild } from '../child.ts';
import { type Drained, type DrainOrder, WAYS, type Way } from '../drain-order.ts';
import { fillRegister } from '../fill.ts';
import { openRedisLook } from '../redis-look.ts';
import type { RoomOptions, RoomResult } from './room.ts';

/** Enough that what a process does only at its start does not count. */
const JOBS = 30_000;
const ROUNDS = 7;
/** As a register worker has by default. */
const CONCURRENCY = 100;
const AT_LEAST = 0.5;

interface Round extends Drained {
  /** CPU seconds of Redis meanwhile. */
  redisCpu: number;
  /** Commands it ran, those that scripts call among them. */
  commands: number;
}

/** Our runner with no-op stages against a bare worker of BullMQ, in turns, on one Redis and queues filled the same way. */
export async function measureRunner({ folder, say, signal }: RoomOptions): Promise<RoomResult> {
  const program = await bundled(join(import.meta.dirname, '..', 'programs', 'drain.ts'), folder);
  const redis = await startRedis();
  const rounds: Record<Way, Round[]> = { bullmq: [], runner: [] };
  try {
    for (let round = 1; round <= ROUNDS; round += 1) {
      // the first of a round finds a colder machine
      for (const by of round % 2 === 0 ? WAYS.toReversed() : WAYS) {
        signal.throwIfAborted();
        const order: DrainOrder = {
          ...{ by, redisUrl: redis.url, prefix: `${by}-${round}`, jobs: JOBS, concurrency: CONCURRENCY },
        };
        const one = await drainOnce(order, program, signal);
        rounds[by].push(one);
        const cpu = `${one.cpu.toFixed(2)} + ${one.redisCpu.toFixed(2)} CPU s`;
        say(`runner: ${by} #${round}: ${one.seconds.toFixed(2)} s, ${cpu}`);
      }
    }
  } finally {
    await redis.stop();
  }
  const median = (by: Way, of: (round: Round) => number): number => spreadOf(rounds[by].map(of)).median;
  // the two of a round stand beside each other in time; a machine may be another one some rounds later
  const ratio = (of: (round: Round) => number): number =>
    spreadOf(rounds.bullmq.map((one, at) => of(one) / of(rounds.runner[at] as Round))).median;
  return {
    tables: [
      {
        title: `${JOBS} jobs that do nothing, ${CONCURRENCY} at once, ${ROUNDS} rounds`,
        head: ['by', 'jobs a second', 'CPU µs a job', 'of Redis too', 'commands of Redis a job'],
        rows: WAYS.map((by) => [
          by === 'runner' ? 'our runner' : 'BullMQ alone',
          spreadText(spreadOf(rounds[by].map(({ seconds }) => JOBS / seconds)), 0),
          spreadText(spreadOf(rounds[by].map(({ cpu }) => (cpu * 1e6) / JOBS)), 0),
          spreadText(spreadOf(rounds[by].map(({ cpu, redisCpu }) => ((cpu + redisCpu) * 1e6) / JOBS)), 0),
          median(by, ({ commands }) => commands / JOBS).toFixed(1),
        ]),
      },
    ],
    goals: [
      { what: 'jobs a second / BullMQ alone', figure: ratio(({ seconds }) => seconds) },
      { what: 'jobs a CPU second / BullMQ alone', figure: ratio(({ cpu, redisCpu }) => cpu + redisCpu) },
    ].map((goal) => ({ where: 'runner, no-op stages', ...goal, bound: AT_LEAST, atLeast: true })),
    remarks: [],
  };
}

async function drainOnce(order: DrainOrder, program: string, signal: AbortSignal): Promise<Round> {
  const pipeline = await openPipeline({ redisUrl: order.redisUrl, prefix: order.prefix });
  await fillRegister(pipeline, order.jobs).finally(() => pipeline.close());
  const look = openRedisLook(order.redisUrl);
  try {
    const before = await look.usage();
    const drained = await runChild<Drained>(program, order, { signal });
    const after = await look.usage();
    if (drained.count !== order.jobs) throw new VoidRun(`${drained.count} jobs ran of ${order.jobs}`);
    await look.removeAll();
    return { ...drained, redisCpu: after.cpu - before.cpu, commands: after.commands - before.commands };
  } finally {
    look.close();
  }
}
