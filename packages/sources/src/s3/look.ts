import { describeLocation, type S3Location } from '@geosluice/jobs';
import { SourceError } from '../errors.ts';
import { isInIgnoredFolder, isRasterName, type NameRules, splitExtension } from '../names.ts';
import { pairUp } from '../pairing.ts';
import { readingsOf } from '../sidecars.ts';
import type { Candidate } from '../source.ts';
import { headObject, type S3Access } from './access.ts';
import { asSidecar } from './candidates.ts';
import { type Listed, listKeys } from './list.ts';

/** A family larger than this is cut: `tile.tif` beside more than 10,000 `tile.….tif`. */
const MAX_FAMILY_PAGES = 10;
const PAGE = 1000;

/** A fresh look at one raster: its family from a listing (which also tells apart why there is no access), itself by HEAD. */
export async function lookS3(
  access: S3Access,
  rules: NameRules,
  location: S3Location,
  signal: AbortSignal,
): Promise<Candidate> {
  const { folder, name } = partsOf(location);
  if (name === '') {
    const subject = describeLocation(location);
    throw new SourceError('INVALID_OPTIONS', `${subject} is a prefix, not a file`, { subject });
  }
  const family = await listFamily(access, location.bucket, `${folder}${splitExtension(name).stem}.`, signal);
  const head = await headObject(access, location, signal);
  const itself: Listed = { key: location.key, name, size: 0, etag: undefined, modified: undefined };
  const files = [itself, ...family.filter(({ key }) => key !== location.key)];
  const pair = pairUp(files, rules, new Set([name])).pairs.find(({ raster }) => raster === itself);
  return {
    raster: { location: head.location, fingerprint: head.fingerprint },
    sidecars: (pair?.sidecars ?? []).map(({ role, file }) => asSidecar(location.bucket, role, file)),
    sized: true,
  };
}

/** The rasters an event at a key concerns. */
export async function rastersAtS3(
  access: S3Access,
  rules: NameRules,
  location: S3Location,
  signal: AbortSignal,
): Promise<S3Location[]> {
  const { folder, name } = partsOf(location);
  const { bucket, key } = location;
  if (name === '' || isInIgnoredFolder(folder, rules)) return [];
  if (isRasterName(name, rules)) {
    return pairUp([{ name, size: 1 }], rules).pairs.length === 0 ? [] : [{ kind: 's3', bucket, key }];
  }
  const stems = new Set(
    readingsOf(name).map(({ base }) => (isRasterName(base, rules) ? splitExtension(base).stem : base)),
  );
  const found = new Map<string, S3Location>();
  for (const stem of stems) {
    const family = await listFamily(access, bucket, `${folder}${stem}.`, signal);
    const sidecar: Listed = { key, name, size: 0, etag: undefined, modified: undefined };
    const { pairs } = pairUp([sidecar, ...family.filter((file) => file.key !== key)], rules);
    for (const { raster, sidecars } of pairs) {
      if (sidecars.some(({ file }) => file === sidecar)) {
        found.set(raster.key, { kind: 's3', bucket, key: raster.key });
      }
    }
  }
  return [...found.values()];
}

function partsOf({ key }: S3Location): { folder: string; name: string } {
  const slash = key.lastIndexOf('/') + 1;
  return { folder: key.slice(0, slash), name: key.slice(slash) };
}

async function listFamily(access: S3Access, bucket: string, prefix: string, signal: AbortSignal): Promise<Listed[]> {
  const objects: Listed[] = [];
  let token: string | null = null;
  for (let page = 0; page < MAX_FAMILY_PAGES; page += 1) {
    const answer = await listKeys({
      wire: access.wireFor(bucket),
      bucket,
      prefix,
      from: token === null ? undefined : { token },
      pageSize: PAGE,
      timeoutMs: access.timeoutMs,
      signal,
    });
    objects.push(...answer.objects);
    token = answer.token;
    if (token === null) break;
  }
  return objects;
}
