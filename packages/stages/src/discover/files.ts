import {
  datasetIdOf,
  type IngestOptions,
  type InspectJob,
  type LedgerEntry,
  type Outcome,
  type StageContext,
} from '@geosluice/jobs';
import type { Deletions, Ruled } from '@geosluice/rules';
import { decideGone } from './decide-gone.ts';
import type { DiscoverPorts } from './ports.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** A rule that takes layers away once their files are gone. */
export type Watchful = Ruled & { options: { rule: string } };

/** Whether a rule looks after the file of a dataset; a file that we take away ourselves, or one content of many, is let be. */
export function looksAfter(
  ruled: Ruled,
  file: Pick<InspectJob, 'dataset' | 'location'>,
  after: IngestOptions['after'],
): ruled is Watchful {
  const { deletions, options } = ruled;
  return (
    deletions.policy !== 'keep' &&
    options.rule !== undefined &&
    after !== 'delete' &&
    file.dataset === datasetIdOf(file.location)
  );
}

/** Until when a file needs no look of its own: a listing that names it puts it off. */
export function nextLook({ graceHours }: Deletions, now: Date): Date {
  const quarter = (graceHours * HOUR_MS) / 4;
  return new Date(now.getTime() + Math.min(DAY_MS, Math.max(10 * MINUTE_MS, quarter)));
}

/** What is visible and whose file is gone: its rule keeps it, waits, or has it removed. */
export async function leave(
  job: InspectJob,
  context: StageContext,
  ports: DiscoverPorts,
  { ruled, entry, after }: { ruled: Ruled; entry: LedgerEntry; after: IngestOptions['after'] },
): Promise<Outcome> {
  const stays = { kind: 'done', note: 'source-gone' } as const;
  if (entry.state !== 'visible') return stays;
  if (!looksAfter(ruled, job, after)) {
    await ports.ledger.unwatch(job.dataset);
    return stays;
  }
  const { deletions, options } = ruled;
  const again = new Date(context.now().getTime() + DAY_MS);
  const missed = await ports.ledger.missed(options.rule, job.dataset, {
    graceMs: deletions.graceHours * HOUR_MS,
    again,
  });
  const verdict = decideGone(deletions, missed);
  if (verdict === 'wait') return { kind: 'done', note: 'source-gone-in-grace' };
  if (verdict === 'held') {
    const { gone, of } = missed;
    context.log.warn({ rule: options.rule, gone, of, capPercent: deletions.capPercent }, 'Source:Gone:Held');
    return { kind: 'done', note: 'source-gone-over-cap' };
  }
  await ports.remove(job.dataset, verdict);
  return { kind: 'done', note: 'source-gone-removed' };
}
