/**
 * Registers datasets with our app and by GeoNode's own ways, in turns, in the same GeoNode on the same PostGIS; prints what
 * each took, and how far the goals are reached. See docs/performance.md.
 */
import { join } from 'node:path';
import { geonodePython } from '../../counterparts/geonode-python.ts';
import { startPostgis } from '../../counterparts/postgis.ts';
import { keepRun } from '../kept.ts';
import { commitOf } from '../machine.ts';
import { type Measured, measuredNow } from '../measured.ts';
import { rotated } from '../rotated.ts';
import { type Running, runBench, VoidRun } from '../running.ts';
import { type Asked, readArguments, USAGE } from './arguments.ts';
import { costsOf } from './costs.ts';
import { filledDump } from './filled.ts';
import { startBenchGeoServer } from './geoserver.ts';
import { decideGoals } from './goals.ts';
import { BENCH, remarksOf } from './page.ts';
import { requestRows, tablesOf } from './report.ts';
import { checkSame } from './same.ts';
import { type Counterparts, openScene, type Scene } from './scene.ts';
import { type Turn, WAYS, type Way } from './turn.ts';
import { faultsOf } from './valid.ts';
import { warmUp } from './warm-up.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');
/** Of ours to one of stock's: both then take about as long. */
const OURS_A_STOCK = 20;
/** The first of all look up what is looked up once. */
const WARM_UP: Record<Way, number> = {
  ours: 100,
  'create + update': 2,
  'create + update, unlisted': 2,
  updatelayers: 2,
};

async function measure(asked: Asked, running: Running): Promise<Measured> {
  const geoserver = await startBenchGeoServer();
  const postgis = await startPostgis();
  const turns: Turn[] = [];
  const starts: number[] = [];
  try {
    await warmUp(geoserver);
    const python = await geonodePython();
    for (const [index, size] of asked.sizes.entries()) {
      const dump = await filledDump(size, python, postgis, running);
      running.signal.throwIfAborted();
      running.say(`starts a GeoNode with ${size} datasets`);
      const scene = await openScene({ geoserver, postgis } satisfies Counterparts, size, dump, running.signal);
      try {
        starts.push(scene.start);
        if (index === 0) await checkSame(scene);
        turns.push(...(await measureAt(scene, asked, running)));
      } finally {
        await scene.stop();
      }
    }
  } finally {
    await postgis.stop();
    await geoserver.stop();
  }
  const costs = costsOf(turns);
  const measured = measuredNow(commitOf(ROOT), {
    ...{ tables: tablesOf(turns), goals: decideGoals(costs), remarks: remarksOf(asked, costs, starts) },
  });
  if (asked.keep) await keepRun(BENCH, measured);
  return measured;
}

async function measureAt({ fresh, take }: Scene, { rounds, count }: Asked, { say }: Running): Promise<Turn[]> {
  const turns: Turn[] = [];
  for (const way of WAYS) await take(way, fresh(WARM_UP[way]));
  for (let round = 1; round <= rounds; round += 1) {
    for (const way of rotated(WAYS, round)) {
      const layers = fresh(way === 'ours' ? count : Math.ceil(count / OURS_A_STOCK));
      const turn = { ...(await take(way, layers)), round };
      say(lineOf(turn));
      const faults = new Set(faultsOf(turn));
      if (faults.size > 0) {
        const asked = requestRows(turn.requests, turn.count).map((row) => row.join('  '));
        throw new VoidRun([...faults, ...asked].join('\n'));
      }
      turns.push(turn);
    }
  }
  return turns;
}

function lineOf({ way, size, round, count, django, postgres, wall, requests }: Turn): string {
  const each = [django / count, postgres / count, wall / count].map((value) => value.toFixed(4));
  const calls = (requests.length / count).toFixed(2);
  return `${size} ${way} #${round}: a dataset ${each[0]} + ${each[1]} CPU s, ${each[2]} s, ${calls} calls`;
}

await runBench('register', USAGE, readArguments, measure);
