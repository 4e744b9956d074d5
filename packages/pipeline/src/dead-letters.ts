import type { LedgerEntry, StageName } from '@geosluice/jobs';
import type { DeadLetter, DeadLetters } from './api.ts';
import { asPipelineError } from './error.ts';
import type { Internals } from './internals.ts';
import { decodeEntry } from './ledger/codec.ts';
import { readPage } from './ledger/page.ts';
import { MANY } from './restart.ts';

const MAX_LIMIT = 500;
const STATE_OF = {
  discover: 'found',
  upload: 'uploading',
  publish: 'publishing',
  register: 'registering',
} as const satisfies Record<StageName, LedgerEntry['state']>;

type Filter = { code?: string; stage?: StageName };

/** What is dead, newest first, and the ways back. The ledger is the list; BullMQ's failed jobs are kept for `asItWas`. */
export function createDeadLetters(internals: Internals): DeadLetters {
  const { redis, keys, ledger, queues, restart } = internals;

  const page = async (
    filter: Filter,
    cursor: string | undefined,
    limit: number,
  ): Promise<{ items: DeadLetter[]; cursor: string | null }> =>
    await readPage(redis, {
      ...{ index: keys.state('dead'), cursor, limit },
      async read(members) {
        const pipeline = redis.pipeline();
        for (const member of members) pipeline.hgetall(keys.dataset(member));
        const answers = members.length === 0 ? [] : ((await pipeline.exec()) ?? []);
        return members.map((member, at) => {
          const entry = decodeEntry(member, (answers[at]?.[1] ?? {}) as Record<string, string>);
          const letter = entry === null ? null : letterOf(entry);
          return letter !== null && fits(letter, filter) ? letter : null;
        });
      },
    });

  const chosen = async (datasets: string[] | undefined, filter: Filter): Promise<DeadLetter[]> => {
    const letters: DeadLetter[] = [];
    if (datasets !== undefined) {
      for (const dataset of new Set(datasets)) {
        const entry = await ledger.get(dataset);
        const letter = entry === null ? null : letterOf(entry);
        if (letter !== null && fits(letter, filter)) letters.push(letter);
      }
      return letters;
    }
    let cursor: string | undefined;
    do {
      const next = await page(filter, cursor, MAX_LIMIT);
      letters.push(...next.items);
      cursor = next.cursor ?? undefined;
    } while (cursor !== undefined);
    return letters;
  };

  /** The stored job once more, as it was. @returns false where it is gone */
  const again = async ({ entry, stage }: DeadLetter): Promise<boolean> => {
    const failed = (await ledger.view(entry.dataset))?.failed;
    if (failed === null || failed === undefined) return false;
    if ((await queues.standing(stage, failed.id)) !== 'failed') return false;
    // the ledger first: a job that runs must not find its dataset dead
    const removing = (await ledger.view(entry.dataset))?.removal !== null;
    const state = removing ? 'removing' : STATE_OF[stage];
    if (!(await ledger.revive(entry.dataset, { state, stage, id: failed.id, by: '', note: 'as-it-was' }))) return false;
    return await queues.retryFailed(stage, failed.id);
  };

  return {
    async list({ cursor, limit = 100, ...filter }) {
      try {
        const found = await page(filter, cursor, Math.max(1, Math.min(limit, MAX_LIMIT)));
        return { deadLetters: found.items, cursor: found.cursor };
      } catch (error) {
        throw asPipelineError(error);
      }
    },
    async replay({ datasets, asItWas = false, ...filter }) {
      try {
        const letters = await chosen(datasets, filter);
        const priority = letters.length >= MANY ? 'bulk' : 'interactive';
        let replayed = 0;
        for (const letter of letters) {
          const { dataset } = letter.entry;
          const removal = (await ledger.view(dataset))?.removal ?? null;
          if (asItWas && (await again(letter))) replayed += 1;
          else if (removal !== null) replayed += (await restart.remove(dataset, removal)) > 0 ? 1 : 0;
          else replayed += (await restart.inspect(dataset, { reason: 'replay', priority })) === null ? 0 : 1;
        }
        return replayed;
      } catch (error) {
        throw asPipelineError(error);
      }
    },
  };
}

function letterOf(entry: LedgerEntry): DeadLetter | null {
  if (entry.state !== 'dead') return null;
  const { stage, code, message } = entry.reason ?? { stage: 'discover', code: 'RETRIES_EXHAUSTED', message: '' };
  return { entry, stage, code, message, at: entry.updatedAt };
}

function fits({ code, stage }: DeadLetter, filter: Filter): boolean {
  return (filter.code ?? code) === code && (filter.stage ?? stage) === stage;
}
