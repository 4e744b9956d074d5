import {
  type DatasetJob,
  datasetIdOf,
  describeLocation,
  formatVersion,
  GeosluiceError,
  type IngestOptions,
  type InspectJob,
  type Job,
  type LedgerEntry,
  type Outcome,
  type RangeReader,
  type RasterFacts,
  Reject,
  rasterPart,
  type S3Location,
  type StageContext,
  type Version,
  versionIdOf,
} from '@geosluice/jobs';
import { isOutput, spoolKey } from '../keys.ts';
import type { Candidate, SourcePort } from '../ports.ts';
import { type ChosenName, chooseName } from './choose-name.ts';
import { decideDuplicate } from './decide-duplicate.ts';
import { type Claim, decideClaim, decideWait, isDescriptionOnly } from './decide-way.ts';
import { describe, recordOf } from './describe.ts';
import { leave, looksAfter, nextLook } from './files.ts';
import { goOnFromKept, keptOf, type Whole } from './kept.ts';
import type { DiscoverPorts } from './ports.ts';
import { keptOptions, ruledOptions, withDefaults } from './ruled-options.ts';
import { seenVersion, sidecarOf } from './seen.ts';

/** A job that lost the race for a generation looks again. */
const OUTRUN: Outcome = { kind: 'again', afterMs: 250, note: 'another-job-was-faster' };
/** What a dataset left at a name goes first where it comes back to it at that moment. */
const LEAVING: Outcome = { kind: 'again', afterMs: 5_000, note: 'its-old-layer-is-going' };

/** Looks at one raster afresh, takes a generation where it changed, and sends it on its way or refuses it. */
export async function inspect(job: InspectJob, context: StageContext, ports: DiscoverPorts): Promise<Outcome> {
  ports.sources.checkAllowed(job.location);
  if (isOutput(job.location, ports.target)) {
    const uri = describeLocation(job.location);
    throw new Reject('SOURCE_NOT_ALLOWED', `${uri} lies where geosluice writes; bring files in from elsewhere`, {
      subject: uri,
    });
  }
  const source = ports.sources.for(job.location);
  const entry = await ports.ledger.get(job.dataset);
  const ruled = ports.rules(job.location);
  const asked = ruledOptions(ruled, job.options);
  const kept = keptOptions(ruled, job.options);
  const options = withDefaults(asked, ports.defaults);
  const { after } = options;
  // a rule that takes layers away is not overruled by a replay
  const whole = job.force && !looksAfter(ruled, job, after) ? keptOf(entry) : null;
  const candidate = await lookOrGone(source, job, { entry, whole }, context.signal);
  if (candidate === null) {
    if (entry === null) return { kind: 'done', note: 'source-gone' };
    if (whole === null) return await leave(job, context, ports, { ruled, entry, after });
    const { version } = whole;
    const claim = decideClaim(entry, { version, jobId: context.jobId, force: job.force });
    const generation = await take(job, context, ports, { entry, claim, version, kept });
    if (generation === null) return OUTRUN;
    return await goOnFromKept(job, context, ports, { whole, generation, options });
  }
  if (entry !== null && looksAfter(ruled, job, after)) {
    await ports.ledger.sighted(ruled.options.rule, [job.dataset], nextLook(ruled.deletions, context.now()));
  }
  const seen = seenVersion(candidate, asked);
  const version = formatVersion(seen);

  const claim = decideClaim(entry, { version, jobId: context.jobId, force: job.force });
  if (claim === 'unchanged') return { kind: 'done', note: 'unchanged' };
  if (source.settles === 'two-looks' && job.lastLook !== version) {
    return {
      kind: 'again',
      afterMs: ports.settleMs,
      job: { ...job, lastLook: version },
      record: { state: 'waiting' },
      note: 'settling',
    };
  }
  const duplicate = decideDuplicate(entry, seen, { policy: ruled.duplicates, force: job.force });
  if (duplicate !== 'go') return await standAside(job, context, ports, { entry, seen, claim, duplicate, kept });
  const now = context.now();
  const since = job.since ?? now.toISOString();
  const wait = decideWait({
    required: options.metadata === 'required',
    present: sidecarOf(candidate, 'metadata') !== undefined,
    sinceMs: Date.parse(since),
    nowMs: now.getTime(),
    graceMs: options.metadataGraceSeconds * 1000,
  });
  if (wait.kind === 'wait') {
    return {
      kind: 'again',
      afterMs: wait.afterMs,
      job: { ...job, since },
      record: { state: 'waiting' },
      note: 'waiting-for-sidecar',
    };
  }

  const generation = await take(job, context, ports, { entry, claim, version, kept });
  if (generation === null) return OUTRUN;
  if (wait.kind === 'expired') {
    throw new Reject(
      'METADATA_MISSING',
      `no sidecar for ${describeLocation(job.location)} within ${options.metadataGraceSeconds} s; expected <name>.xml beside it`,
      { subject: describeLocation(job.location) },
    );
  }
  if (candidate.sized && candidate.raster.fingerprint.size === 0) {
    throw new Reject('EMPTY_FILE', `${describeLocation(job.location)} has no bytes`, {
      subject: describeLocation(job.location),
    });
  }
  return await sendOn(job, context, ports, { source, entry, candidate, seen, generation, options });
}

/**
 * Other content than what is published, where the rule keeps the layer as it is. A generation is taken all the same: the
 * content is known from now on, and no later scan looks at it again.
 */
async function standAside(
  job: InspectJob,
  context: StageContext,
  ports: DiscoverPorts,
  { entry, seen, claim, duplicate, kept }: Standing,
): Promise<Outcome> {
  const version = formatVersion(seen);
  const generation = await take(job, context, ports, { entry, claim, version, kept });
  if (generation === null) return OUTRUN;
  const uri = describeLocation(job.location);
  if (duplicate === 'error') {
    const layer = `${entry?.workspace}:${entry?.name}`;
    const message = `${uri} holds other content than the layer ${layer} shows, which its rule forbids; bring it under another name, or retry the dataset to replace the layer`;
    throw new Reject('CONTENT_CHANGED', message, { subject: uri });
  }
  const record = { state: 'visible' } as const;
  if (duplicate === 'skip') return { kind: 'done', record, note: 'other-content-skipped' };
  const dataset = versionIdOf(job.location, seen.raster);
  const own: InspectJob = { ...job, dataset, seen: version, nonce: '', force: false };
  return { kind: 'next', record, jobs: [own], note: `other-content-is-${dataset}` };
}

interface Standing {
  entry: LedgerEntry | null;
  kept: IngestOptions;
  seen: Version;
  claim: 'take' | 'continue';
  duplicate: 'skip' | 'version' | 'error';
}

async function lookOrGone(
  source: SourcePort,
  job: InspectJob,
  { entry, whole }: { entry: LedgerEntry | null; whole: Whole | null },
  signal: AbortSignal,
): Promise<Candidate | null> {
  try {
    const candidate = await source.look(job.location, signal);
    assertOwnContent(job, candidate);
    return candidate;
  } catch (error) {
    // what is visible stays so when its file leaves the inbox; deletions are asked for, or ruled
    const keeps =
      whole !== null ||
      (entry !== null && (entry.state === 'visible' || entry.state === 'removed' || entry.state === 'removing'));
    if (error instanceof GeosluiceError && error.code === 'SOURCE_GONE' && keeps) return null;
    throw error;
  }
}

/** A dataset that is one content of a file among others does not take the next one for its own. */
function assertOwnContent({ dataset, location }: InspectJob, { raster }: Candidate): void {
  if (dataset === datasetIdOf(location) || dataset === versionIdOf(location, rasterPart(raster.fingerprint))) return;
  const uri = describeLocation(location);
  throw new Reject('SOURCE_GONE', `${uri} holds other content by now, which is a dataset of its own`, { subject: uri });
}

/**
 * Adopts the generation this job works under: a new one, or the one that it took before it was killed.
 * @returns it; null where another was faster
 */
async function take(
  job: InspectJob,
  context: StageContext,
  ports: DiscoverPorts,
  { entry, claim, version, kept }: { entry: LedgerEntry | null; claim: Claim; version: string; kept: IngestOptions },
): Promise<number | null> {
  const continued = claim === 'continue' && entry !== null ? entry.generation : null;
  const generation =
    continued ??
    (await ports.ledger.takeGeneration({
      dataset: job.dataset,
      location: job.location,
      ingestion: job.ingestion,
      options: kept,
      expected: entry?.generation ?? 0,
      version,
      takenBy: context.jobId,
    }));
  if (generation !== null) context.adopt(generation);
  return generation;
}

interface Found {
  source: SourcePort;
  entry: LedgerEntry | null;
  candidate: Candidate;
  seen: Version;
  generation: number;
  options: ReturnType<typeof withDefaults>;
}

async function sendOn(job: InspectJob, context: StageContext, ports: DiscoverPorts, found: Found): Promise<Outcome> {
  const { source, entry, candidate, seen, generation, options } = found;
  const styled = sidecarOf(candidate, 'style') !== undefined;
  const descriptionOnly = isDescriptionOnly(entry, seen, { styled, force: job.force });
  const spooled = descriptionOnly ? null : await spoolWhereNeeded(job, context, ports, source, seen);
  const facts = descriptionOnly
    ? entry.facts
    : await readFacts(options.srs, context, ports, { source, candidate, spooled });
  // a layer that stays as it is stays where it is, also where a setting would have others elsewhere by now
  const workspace = descriptionOnly ? entry.layer.workspace : options.workspace;
  const chosen: ChosenName | null = descriptionOnly
    ? { name: entry.layer.name }
    : await chooseName({
        ...{ ledger: ports.ledger, dataset: job.dataset, location: job.location, workspace, wanted: options.name },
        current: entry?.workspace === workspace ? entry?.name : undefined,
      });
  if (chosen === null) return LEAVING;
  const { name, note } = chosen;
  await context.fence();
  const description = await describe({ job, context, ports, source, candidate, seen, facts, name, options });
  const base: DatasetJob = {
    schema: 1,
    ingestion: job.ingestion,
    options,
    dataset: job.dataset,
    generation,
    version: formatVersion(seen),
    location: candidate.raster.location,
    fingerprint: candidate.raster.fingerprint,
    workspace,
    name,
    facts,
    ...description,
    spool: spooled?.location ?? null,
  };
  const record = recordOf(base);
  if (descriptionOnly) {
    const { object, layer } = entry;
    return {
      kind: 'next',
      record,
      note: 'description-only',
      jobs: [{ ...base, stage: 'register', kind: 'add', object, layer }],
    };
  }
  const jobs: Job[] = [{ ...base, stage: 'upload', kind: 'add' }];
  return { kind: 'next', record, jobs, ...(note === undefined ? {} : { note }) };
}

interface Spooled {
  location: S3Location;
  size: number;
  etag: string;
}

/** A body without length or ranges cannot be inspected where it is: it goes to the target bucket first. */
async function spoolWhereNeeded(
  job: InspectJob,
  context: StageContext,
  ports: DiscoverPorts,
  source: SourcePort,
  seen: Version,
): Promise<Spooled | null> {
  if (await source.ranged(job.location, context.signal)) return null;
  const location = spoolKey(ports.target, job.dataset, seen);
  const there = await ports.store.head(location, context.signal);
  if (there !== null) return { location, ...there };
  const { body } = await source.stream(job.location, context.signal);
  const put = await ports.store.spool({
    body,
    target: location,
    maxBytes: ports.maxSpoolBytes,
    signal: context.signal,
  });
  return { location, ...put };
}

async function readFacts(
  srs: string | undefined,
  context: StageContext,
  ports: DiscoverPorts,
  from: { source: SourcePort; candidate: Candidate; spooled: Spooled | null },
): Promise<RasterFacts> {
  const { source, candidate, spooled } = from;
  const reader: RangeReader =
    spooled === null
      ? await source.open(candidate.raster.location, candidate.raster.fingerprint, context.signal)
      : ports.store.reader({ ...spooled.location, etag: spooled.etag, size: spooled.size });
  try {
    return await ports.readRaster(reader, {
      ...(srs === undefined ? {} : { srs }),
      beside: {
        worldfile: sidecarOf(candidate, 'worldfile') !== undefined,
        projection: sidecarOf(candidate, 'projection') !== undefined,
        pam: sidecarOf(candidate, 'pam') !== undefined,
        overviews: sidecarOf(candidate, 'overviews') !== undefined,
      },
      signal: context.signal,
    });
  } finally {
    await reader.close?.();
  }
}
