import { type LedgerEntry, parseVersion, type Version } from '@geosluice/jobs';
import type { DuplicatePolicy } from '@geosluice/rules';

/**
 * What becomes of the content that is seen. `go`: the dataset takes it, as its first, the one it has, or in place of that;
 * the others are the rule's word on other content than what is published. Who retries a dataset asks for its content.
 */
export function decideDuplicate(
  entry: LedgerEntry | null,
  seen: Version,
  { policy, force }: { policy: DuplicatePolicy; force: boolean },
): 'go' | Exclude<DuplicatePolicy, 'replace'> {
  if (policy === 'replace' || force) return 'go';
  if (entry?.publishedVersion === undefined || entry.layer === undefined) return 'go';
  if (entry.state === 'removing' || entry.state === 'removed') return 'go';
  return parseVersion(entry.publishedVersion).raster === seen.raster ? 'go' : policy;
}
