/**
 * The whole line as a deployment runs it, the runner against BullMQ alone, and discover's listing against the bare one; prints what
 * each took, and how far the goals are reached. See docs/performance.md.
 */
import { join } from 'node:path';
import { cacheFolder } from '../../counterparts/cache.ts';
import { keepRun } from '../kept.ts';
import { commitOf, thisMachine } from '../machine.ts';
import { measuredNow } from '../measured.ts';
import { type Running, runBench } from '../running.ts';
import { type Asked, FULL_RUN, readArguments, USAGE, USUAL_RUN } from './arguments.ts';
import { measureLine } from './rooms/line.ts';
import { measureListing } from './rooms/listing.ts';
import type { RoomName, RoomResult } from './rooms/room.ts';
import { measureRunner } from './rooms/runner.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');

async function measure({ count, full, keep, rooms }: Asked, running: Running): Promise<RoomResult> {
  const commit = commitOf(ROOT);
  const measures: Record<RoomName, () => Promise<RoomResult>> = {
    runner: () => measureRunner(running),
    listing: () => measureListing(running),
    line: () =>
      measureLine({
        ...{ ...running, count, state: full ? join(cacheFolder(), 'bench-line') : null },
        identity: JSON.stringify({ commit, count, machine: thisMachine() }),
      }),
  };
  const found: RoomResult[] = [];
  for (const room of rooms) {
    running.signal.throwIfAborted();
    found.push(await measures[room]());
  }
  const all = {
    tables: found.flatMap(({ tables }) => tables),
    goals: found.flatMap(({ goals }) => goals),
    remarks: found.flatMap(({ remarks }) => remarks),
  };
  if (keep) await keepRun(full ? FULL_RUN : USUAL_RUN, measuredNow(commit, all));
  return all;
}

await runBench('line', USAGE, readArguments, measure);
