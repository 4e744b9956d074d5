/**
 * The main job on an embedded default: `npm run demo`. Starts Redis, an S3 server and stand-ins for GeoServer and GeoNode
 * (`--geonode` takes the real GeoNode), then the gateway and all workers; brings files in by all three ways and tells what
 * became of each. Runs until Ctrl-C; with `--once` it ends then, with 0 only where everything is as it must be.
 */
import { rm } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { styleText } from 'node:util';
import { type LedgerEntry, SETTLED } from '@geosluice/jobs';
import { type OurProcess, startUp } from '../world/processes.ts';
import { startWorld, type World } from '../world/world.ts';
import { type Delivery, deliver } from './deliveries.ts';
import { judge, type Verdict } from './verdict.ts';

const flags = new Set(process.argv.slice(2));
const unknown = [...flags].filter((flag) => flag !== '--once' && flag !== '--geonode');
if (unknown.length > 0) {
  process.stderr.write(`demo: unknown ${unknown.join(' ')}; there are --once and --geonode\n`);
  process.exit(2);
}
const SETTLED_WITHIN_MS = 300_000;
const started = performance.now();
const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => interrupted.abort());

const say = (text: string): void => {
  process.stdout.write(`${styleText('dim', `${seconds()}`)} ${text}\n`);
};
let world: World | undefined;
let up: OurProcess | undefined;
let code = 1;
try {
  world = await startWorld({
    s3: 'seaweedfs',
    nodes: 2,
    geonode: flags.has('--geonode') ? 'real' : 'stand-in',
    say: (what) => say(`starts ${what}`),
  });
  say('starts geosluice: the gateway, discover, upload, publish, register');
  up = await startUp(world.env);
  const deliveries = await deliver(world, say);
  const entries = await followAll(world, deliveries);
  const verdicts = await Promise.all(deliveries.map((one) => judge(one, entries.get(one.dataset) ?? null)));
  report(verdicts);
  code = verdicts.every(({ faults }) => faults.length === 0) ? 0 : 1;
  if (!flags.has('--once') && !interrupted.signal.aborted) await untilInterrupted(world);
} catch (error) {
  if (!interrupted.signal.aborted) process.stderr.write(`${up?.logs() ?? ''}\ndemo: ${(error as Error).stack}\n`);
} finally {
  say('stops everything');
  await up?.end();
  await world?.stop();
  if (world !== undefined) await rm(`${world.mount}-laptop`, { recursive: true, force: true });
}
process.exit(code);

function seconds(): string {
  return `${((performance.now() - started) / 1000).toFixed(1).padStart(5)} s`;
}

/** Shows how far the files are until every one of them has settled. */
async function followAll(world: World, deliveries: readonly Delivery[]): Promise<Map<string, LedgerEntry>> {
  const deadline = AbortSignal.any([interrupted.signal, AbortSignal.timeout(SETTLED_WITHIN_MS)]);
  for (let last = ''; ; ) {
    const { datasets } = await world.gateway.datasets({ limit: 200 }, deadline);
    const entries = new Map(datasets.map((entry) => [entry.dataset, entry]));
    const states = deliveries.map(({ dataset }) => entries.get(dataset)?.state ?? 'not seen yet');
    const counts = Object.entries(Object.groupBy(states, (state) => state)).map(
      ([state, list]) => `${state} ${list?.length}`,
    );
    const line = counts.sort().join(' · ');
    if (line !== last) say(line);
    last = line;
    if (states.every((state) => state !== 'not seen yet' && SETTLED.has(state))) return entries;
    await wait(250, undefined, { signal: deadline });
  }
}

function report(verdicts: readonly Verdict[]): void {
  const lines = [''];
  for (const { delivery, entry, links, faults } of verdicts) {
    const good = faults.length === 0;
    const state = entry?.state === 'visible' ? 'visible' : `dead: ${entry?.reason?.code ?? entry?.state ?? 'lost'}`;
    const mark = good ? styleText('green', '✔') : styleText('red', '✖');
    lines.push(`${mark} ${delivery.drop.name.padEnd(30)} ${delivery.way.padEnd(15)} ${state}`);
    if (entry?.state === 'visible')
      lines.push(`    ${entry.title}${entry.metadataState === 'ok' ? '' : ` (metadata: ${entry.metadataState})`}`);
    if (links !== null) lines.push(`    map      ${links.map}`, `    dataset  ${links.dataset}`);
    if (entry?.reason !== undefined) lines.push(`    ${entry.reason.message}`);
    for (const fault of faults) lines.push(styleText('red', `    not as it must be: ${fault}`));
  }
  const [good, bad] = [
    verdicts.filter(({ links }) => links !== null).length,
    verdicts.filter(({ entry }) => entry?.state === 'dead').length,
  ];
  lines.push('', `${good} visible, ${bad} dead letters with a reason, after ${seconds().trim()}`, '');
  process.stdout.write(`${lines.join('\n')}\n`);
}

async function untilInterrupted({ env, inbox }: World): Promise<void> {
  process.stdout.write(
    [
      `status page  ${env.GEOSLUICE_URL}/`,
      `API docs     ${env.GEOSLUICE_URL}/docs`,
      `API key      ${env.GEOSLUICE_KEY}`,
      `inbox        s3://${inbox.name}/drop/ at ${env.GEOSLUICE_S3_ENDPOINT} (key ${env.AWS_ACCESS_KEY_ID}, secret ${env.AWS_SECRET_ACCESS_KEY})`,
      '',
      'The command line, in another terminal:',
      `  export GEOSLUICE_URL=${env.GEOSLUICE_URL} GEOSLUICE_KEY=${env.GEOSLUICE_KEY}`,
      '  npm run -s geosluice -- ls',
      '',
      'Ctrl-C ends it and leaves nothing behind.',
      '',
    ].join('\n'),
  );
  await new Promise<void>((resolve) => {
    const alive = setInterval(() => {}, 60_000);
    interrupted.signal.addEventListener('abort', () => {
      clearInterval(alive);
      resolve();
    });
  });
}
