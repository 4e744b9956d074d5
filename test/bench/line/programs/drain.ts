/** Works a queue of the register stage off with no-op stages or a no-op processor, and prints what that took. */
import { setTimeout as wait } from 'node:timers/promises';
import { openPipeline, type Pipeline, runStage } from '@geosluice/pipeline';
import { Worker } from 'bullmq';
import { Redis } from 'ioredis';
import type { Drained, DrainOrder } from '../drain-order.ts';

const POLL_MS = 20;

const order = JSON.parse(process.argv[2] ?? '') as DrainOrder;
const pipeline = await openPipeline({ redisUrl: order.redisUrl, prefix: order.prefix });
let count = 0;
const begun = performance.now();
const before = process.cpuUsage();
const close = order.by === 'runner' ? await byRunner(pipeline) : await byBullmq();
for (;;) {
  await wait(POLL_MS);
  if (count < order.jobs) continue;
  const { register } = await pipeline.queues.counts();
  if (register.waiting + register.prioritized + register.active === 0) break;
}
const { user, system } = process.cpuUsage(before);
const drained: Drained = { seconds: (performance.now() - begun) / 1000, cpu: (user + system) / 1e6, count };
process.stdout.write(`${JSON.stringify(drained)}\n`);
await close();
await pipeline.close();

async function byRunner(pipeline: Pipeline): Promise<() => Promise<void>> {
  const runner = await runStage({
    ...{ pipeline, stage: 'register', concurrency: order.concurrency },
    async run() {
      count += 1;
      return { kind: 'done' };
    },
  });
  return () => runner.close({ graceMs: 1_000 });
}

async function byBullmq(): Promise<() => Promise<void>> {
  const connection = new Redis(order.redisUrl, { maxRetriesPerRequest: null });
  const worker = new Worker(
    'register',
    async () => {
      count += 1;
    },
    { connection, prefix: `{${order.prefix}}`, concurrency: order.concurrency },
  );
  await worker.waitUntilReady();
  return async () => {
    await worker.close();
    connection.disconnect();
  };
}
