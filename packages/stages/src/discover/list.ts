import {
  datasetIdOf,
  formatVersion,
  type IngestOptions,
  type InspectJob,
  type ListJob,
  type Location,
  type Outcome,
  type StageContext,
} from '@geosluice/jobs';
import type { Deletions, Ruled } from '@geosluice/rules';
import { isOutput } from '../keys.ts';
import { looksAfter, nextLook } from './files.ts';
import type { DiscoverPorts, RuleDefaults } from './ports.ts';
import { ruledOptions, withDefaults } from './ruled-options.ts';
import { seenVersion } from './seen.ts';

/** Pages of up to 1,000 keys one list job reads before it hands on to the next. */
const PAGES_A_JOB = 5;
/** Sidecars without a raster that are named in the log; all are counted. */
const ORPHANS_NAMED = 20;
/** Deeper trees are taken for a loop of links. */
const MAX_DEPTH = 50;

/**
 * Lists a few pages of one source and asks for an inspection of what the ledger does not know as it is there now.
 * Common prefixes and the rest of the listing become list jobs of their own, so that listing spreads over workers.
 */
export async function list(job: ListJob, context: StageContext, ports: DiscoverPorts): Promise<Outcome> {
  ports.sources.checkAllowed(job.source);
  const source = ports.sources.for(job.source);
  const page = await source.list(job.source, {
    ...(job.cursor === undefined ? {} : { cursor: job.cursor }),
    maxPages: PAGES_A_JOB,
    signal: context.signal,
  });
  const optionsOf = optionsByRule(job.options, ports.defaults);
  const seen = page.candidates
    .filter(({ raster }) => !isOutput(raster.location, ports.target))
    .map((candidate) => {
      const { location } = candidate.raster;
      const ruled = ports.rules(location);
      const { options, after } = optionsOf(ruled);
      const version = formatVersion(seenVersion(candidate, options));
      return { dataset: datasetIdOf(location), location, version, ruled, after };
    });
  const known = seen.length === 0 ? [] : await ports.ledger.compare(seen);
  await sight(
    seen.filter((_, index) => known[index] === 'known'),
    context,
    ports,
  );
  const inspections = seen
    .filter((_, index) => known[index] !== 'known')
    .map(
      ({ dataset, location, version }): InspectJob => ({
        schema: 1,
        stage: 'discover',
        kind: 'inspect',
        ingestion: job.ingestion,
        options: job.options,
        dataset,
        location,
        reason: 'listed',
        force: false,
        nonce: '',
        seen: version,
      }),
    );
  const deeper = job.depth >= MAX_DEPTH ? [] : page.prefixes.filter((prefix) => !isOutput(prefix, ports.target));
  const further = deeper.map((source): ListJob => {
    const { cursor: _, ...rest } = job;
    return { ...rest, source, depth: job.depth + 1 };
  });
  if (page.next !== null) further.push({ ...job, cursor: page.next });
  context.log.info(
    {
      ...{ found: page.candidates.length, changed: inspections.length, prefixes: deeper.length },
      ...{ skipped: page.skipped, orphans: page.orphans.length, more: page.next !== null },
    },
    'Source:List:Done',
  );
  for (const { name } of page.orphans.slice(0, ORPHANS_NAMED))
    context.log.debug({ sidecar: name }, 'Sidecar:Pair:Orphan');
  const jobs = [...inspections, ...further];
  return jobs.length === 0 ? { kind: 'done', note: 'nothing-new' } : { kind: 'next', jobs };
}

interface OptionsOfRule {
  options: IngestOptions;
  /** With the deployment's default. */
  after: IngestOptions['after'];
}

/** Files of one rule have the same options, and the very same object of them. */
function optionsByRule(asked: IngestOptions, defaults: RuleDefaults): (ruled: Ruled) => OptionsOfRule {
  const known = new Map<Ruled, OptionsOfRule>();
  return (ruled) => {
    const before = known.get(ruled);
    if (before !== undefined) return before;
    const options = ruledOptions(ruled, asked);
    const found = { options, after: withDefaults(options, defaults).after };
    known.set(ruled, found);
    return found;
  };
}

/** What is there as it was needs no look of its own for a while. */
async function sight(
  seen: ReadonlyArray<{ dataset: string; location: Location; ruled: Ruled; after: IngestOptions['after'] }>,
  context: StageContext,
  ports: DiscoverPorts,
): Promise<void> {
  const byRule = new Map<string, { deletions: Deletions; datasets: string[] }>();
  for (const { ruled, after, ...file } of seen) {
    if (!looksAfter(ruled, file, after)) continue;
    const { rule } = ruled.options;
    const known = byRule.get(rule);
    if (known === undefined) byRule.set(rule, { deletions: ruled.deletions, datasets: [file.dataset] });
    else known.datasets.push(file.dataset);
  }
  for (const [rule, { deletions, datasets }] of byRule) {
    await ports.ledger.sighted(rule, datasets, nextLook(deletions, context.now()));
  }
}
