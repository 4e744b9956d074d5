import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startRedis } from '../../../counterparts/redis.ts';
import { startS3 } from '../../../counterparts/s3.ts';
import { startProcess, withFreshPorts } from '../../../counterparts/server-process.ts';
import { VoidRun } from '../../running.ts';
import { spreadOf } from '../../statistics.ts';
import { spreadText } from '../../table.ts';
import { bundled, environmentOfImage } from '../../upload/clients/bundle.ts';
import { findPython } from '../../upload/clients/python.ts';
import { runChild } from '../child.ts';
import { PREFIX } from '../key-pages.ts';
import { type ListedAll, type ListOrder, WAYS, type Way } from '../list-order.ts';
import type { RoomOptions, RoomResult } from './room.ts';

const PROGRAMS = join(import.meta.dirname, '..', 'programs');
const MADE_UP = 1_000_000;
const [FOLDERS, FILES] = [100, 1_000];
const ROUNDS = 2;
const WITHIN = 1.5;
/** From the second to the last fifth of the keys. */
const FLAT = 1.1;
const MB = 1e6;

interface Lot {
  name: string;
  keys: number;
  order: Omit<ListOrder, 'by'>;
}

/** What discover takes to see that nothing of a watched prefix changed, against the bare listing of the same keys. */
export async function measureListing(options: RoomOptions): Promise<RoomResult> {
  const program = await bundled(join(PROGRAMS, 'list.ts'), options.folder);
  const redis = await startRedis();
  try {
    const made = await onPagesServer((endpoint) =>
      listAll(program, options, {
        ...{ name: 'a server that pages', keys: MADE_UP },
        order: {
          ...orderOf({ endpoint, region: 'us-east-1', accessKey: 'bench', secretKey: 'benchbench' }),
          redisUrl: redis.url,
        },
      }),
    );
    const real = await onVersitygw(options, ({ bucket, ...s3 }) =>
      listAll(program, options, {
        ...{ name: 'versitygw', keys: FOLDERS * FILES },
        order: { ...orderOf(s3, bucket), redisUrl: redis.url, keys: FOLDERS * FILES },
      }),
    );
    return {
      tables: [made, real].flatMap(({ tables }) => tables),
      goals: [made, real].flatMap(({ goals }) => goals),
      remarks: [],
    };
  } finally {
    await redis.stop();
  }
}

function orderOf(s3: ListOrder['s3'], bucket = 'bench'): Omit<ListOrder, 'by' | 'redisUrl'> {
  return { s3, bucket, prefix: PREFIX, ledger: bucket, keys: MADE_UP };
}

async function listAll(program: string, { say, signal }: RoomOptions, lot: Lot): Promise<Omit<RoomResult, 'remarks'>> {
  const env = await environmentOfImage('discover');
  const run = async (by: ListOrder['by']): Promise<ListedAll> => {
    const listed = await runChild<ListedAll>(program, { ...lot.order, by } satisfies ListOrder, { env, signal });
    say(
      `listing, ${lot.name}: ${by} ${listed.keys} keys, ${listed.seconds.toFixed(1)} s, ${listed.cpu.toFixed(1)} CPU s`,
    );
    if (listed.keys !== lot.keys) throw new VoidRun(`${by} listed ${listed.keys} keys of ${lot.keys}`);
    if (listed.inspections > 0)
      throw new VoidRun(`${listed.inspections} of what the ledger knows were new to discover`);
    return listed;
  };
  await run('fill');
  const runs: Record<Way, ListedAll[]> = { sdk: [], discover: [] };
  for (let round = 1; round <= ROUNDS; round += 1) {
    for (const by of round % 2 === 0 ? WAYS.toReversed() : WAYS) runs[by].push(await run(by));
  }
  const spread = (by: Way, of: (listed: ListedAll) => number) => spreadOf(runs[by].map(of));
  const ratio = (of: (listed: ListedAll) => number): number => spread('discover', of).median / spread('sdk', of).median;
  const flat = spread('discover', ({ rssInLastFifth, rssInSecondFifth }) => rssInLastFifth / rssInSecondFifth).median;
  const where = `listing, ${lot.keys} keys of ${lot.name}`;
  return {
    tables: [
      {
        title: `${lot.keys} keys of ${lot.name}, all known to the ledger, ${ROUNDS} rounds`,
        head: ['by', 'wall s', 'CPU s', 'RSS MB in the second fifth', 'in the last'],
        rows: WAYS.map((by) => [
          by === 'sdk' ? 'ListObjectsV2 of the SDK alone' : 'discover',
          spreadText(
            spread(by, ({ seconds }) => seconds),
            1,
          ),
          spreadText(
            spread(by, ({ cpu }) => cpu),
            1,
          ),
          spreadText(
            spread(by, ({ rssInSecondFifth }) => rssInSecondFifth / MB),
            0,
          ),
          spreadText(
            spread(by, ({ rssInLastFifth }) => rssInLastFifth / MB),
            0,
          ),
        ]),
      },
    ],
    goals: [
      { where, what: 'wall / the bare listing', figure: ratio(({ seconds }) => seconds), bound: WITHIN },
      { where, what: 'CPU / the bare listing', figure: ratio(({ cpu }) => cpu), bound: WITHIN },
      // a smaller lot is over before the heap of Node has its size, whoever lists
      ...(lot.keys < MADE_UP
        ? []
        : [{ where, what: 'RSS of discover, last fifth / second fifth', figure: flat, bound: FLAT }]),
    ],
  };
}

async function onPagesServer<T>(use: (endpoint: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'geosluice-pages-'));
  try {
    return await withFreshPorts(1, async ([port]) => {
      const endpoint = `http://127.0.0.1:${port}`;
      const server = await startProcess({
        ...{ name: 'the server of pages', command: process.execPath, folder },
        args: ['--disable-warning=ExperimentalWarning', join(PROGRAMS, 'key-pages.ts'), `${port}`, `${MADE_UP}`],
        async probe() {
          await (await fetch(`${endpoint}/bench?list-type=2&max-keys=1`)).text();
        },
      });
      return await use(endpoint).finally(() => server.end('SIGKILL'));
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function onVersitygw<T>(
  { folder, say }: RoomOptions,
  use: (s3: ListOrder['s3'] & { bucket: string }) => Promise<T>,
): Promise<T> {
  const root = join(folder, 'objects');
  const s3 = await startS3('versitygw', { root });
  try {
    say(`listing: makes ${FOLDERS * FILES} objects`);
    const { program } = await findPython();
    const script = join(PROGRAMS, 'many-files.py');
    await promisify(execFile)(program, [script, join(root, s3.bucket), `${FOLDERS}`, `${FILES}`]);
    const { endpoint, region, accessKey, secretKey, bucket } = s3;
    return await use({ endpoint, region, accessKey, secretKey, bucket });
  } finally {
    await s3.stop();
  }
}
