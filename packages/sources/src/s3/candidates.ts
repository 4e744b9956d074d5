import type { Fingerprint, S3Location } from '@geosluice/jobs';
import type { Pair } from '../pairing.ts';
import type { Candidate, Sidecar, SidecarRole } from '../source.ts';
import type { Listed } from './list.ts';

export function asLocation(bucket: string, { key }: Listed): S3Location {
  return { kind: 's3', bucket, key };
}

export function asFingerprint({ size, etag, modified }: Listed): Fingerprint {
  return { size, ...(etag === undefined ? {} : { etag }), ...(modified === undefined ? {} : { modified }) };
}

export function asSidecar(bucket: string, role: SidecarRole, file: Listed): Sidecar {
  return { role, name: file.name, location: asLocation(bucket, file), fingerprint: asFingerprint(file) };
}

export function asCandidate(bucket: string, { raster, sidecars }: Pair<Listed>): Candidate {
  return {
    raster: { location: asLocation(bucket, raster), fingerprint: asFingerprint(raster) },
    sidecars: sidecars.map(({ role, file }) => asSidecar(bucket, role, file)),
    sized: true,
  };
}
