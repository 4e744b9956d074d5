import { type LedgerEntry, parseVersion, sameLayer, type Version } from '@geosluice/jobs';

/** States in which an entry of the same version needs no second look. */
const BEYOND_INSPECTION: ReadonlySet<string> = new Set([
  'uploading',
  'publishing',
  'registering',
  'visible',
  'dead',
  'removing',
  'removed',
]);

/** What an inspect job has to do with what it sees. */
export type Claim = 'unchanged' | 'take' | 'continue';

/**
 * Whether the version seen needs a new generation. `continue`: this very job took the generation before it was killed,
 * so it goes on under it and adds the same next job again.
 */
export function decideClaim(
  entry: LedgerEntry | null,
  seen: { version: string; jobId: string; force: boolean },
): Claim {
  if (entry === null || entry.generation === 0) return 'take';
  if (entry.takenBy === seen.jobId && entry.version === seen.version) return 'continue';
  if (seen.force || entry.version !== seen.version) return 'take';
  return BEYOND_INSPECTION.has(entry.state) ? 'unchanged' : 'take';
}

/**
 * Whether only the description changed, by a sidecar or by options: then the layer stands as it is and the dataset goes straight
 * to register. A style beside the raster is its layer's, so one that is or was there takes the whole road; so does a replay,
 * which looks at all.
 */
export function isDescriptionOnly(
  entry: LedgerEntry | null,
  version: Version,
  now: { styled: boolean; force: boolean },
): entry is LedgerEntry & Required<Pick<LedgerEntry, 'layer' | 'object' | 'facts' | 'name' | 'workspace'>> {
  if (entry?.publishedVersion === undefined || entry.layer === undefined || entry.object === undefined) return false;
  if (entry.facts === undefined || entry.name === undefined || entry.workspace === undefined) return false;
  if (entry.state === 'removing' || entry.state === 'removed') return false;
  // a style that came beside it is called like the layer
  if (now.force || now.styled || entry.layer.style === entry.name) return false;
  return sameLayer(parseVersion(entry.publishedVersion), version);
}

/** How a rule waits for a sidecar it requires. */
export function decideWait(wait: {
  required: boolean;
  present: boolean;
  sinceMs: number;
  nowMs: number;
  graceMs: number;
}): { kind: 'go' } | { kind: 'wait'; afterMs: number } | { kind: 'expired' } {
  if (!wait.required || wait.present) return { kind: 'go' };
  const left = wait.sinceMs + wait.graceMs - wait.nowMs;
  // an event or a listing looks at once; this is the net below them
  return left <= 0 ? { kind: 'expired' } : { kind: 'wait', afterMs: Math.min(left, 60_000) };
}
