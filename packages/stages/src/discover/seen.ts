import { type IngestOptions, type Version, versionOf } from '@geosluice/jobs';
import type { Candidate, SidecarRole } from '../ports.ts';

/** The first sidecar of a role. */
export function sidecarOf(candidate: Candidate, role: SidecarRole): Candidate['sidecars'][number] | undefined {
  return candidate.sidecars.find((sidecar) => sidecar.role === role);
}

/** The version a listing or a fresh look shows: the same rule for both, so that an unchanged file is known at once. */
export function seenVersion(candidate: Candidate, options: IngestOptions): Version {
  // most have none, and a scan sees a million
  if (candidate.sidecars.length === 0) return versionOf(candidate.raster.fingerprint, [], options);
  const roles = new Set(candidate.sidecars.map(({ role }) => role));
  const counting = [...roles].map((role) => sidecarOf(candidate, role)).filter((sidecar) => sidecar !== undefined);
  return versionOf(candidate.raster.fingerprint, counting, options);
}
