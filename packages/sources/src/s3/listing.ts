import { describeLocation, type S3Location } from '@geosluice/jobs';
import { collect } from '../body.ts';
import { withDeadline } from '../deadline.ts';
import { SourceError } from '../errors.ts';
import { looksLikeTiff, MAGIC_BYTES } from '../magic.ts';
import { isIgnoredFolder, type NameRules, splitExtension } from '../names.ts';
import { pairUp } from '../pairing.ts';
import type { ListOptions, ListPage } from '../source.ts';
import { getObject, type S3Access } from './access.ts';
import { asCandidate, asFingerprint, asLocation, asSidecar } from './candidates.ts';
import { readCursor, type S3Cursor, writeCursor } from './cursor.ts';
import { firstOpenFamily } from './hold-back.ts';
import { type Listed, listKeys } from './list.ts';

/** Requests in flight that look into files without an extension. */
const SNIFFERS = 8;

/** Some pages of one level of a bucket. A family that goes on beyond the last page is left to the next call as a whole. */
export async function listS3(
  access: S3Access & { pageSize: number },
  rules: NameRules,
  prefix: S3Location,
  options: ListOptions,
): Promise<ListPage> {
  const { bucket } = prefix;
  const objects: Listed[] = [];
  const prefixes = new Set<string>();
  let from: S3Cursor | undefined = readCursor(options.cursor);
  let more = true;
  for (let page = 0; more && page < (options.maxPages ?? 1); page += 1) {
    const answer = await listKeys({
      wire: access.wireFor(bucket),
      bucket,
      prefix: prefix.key,
      from,
      pageSize: access.pageSize,
      timeoutMs: access.timeoutMs,
      signal: options.signal,
    });
    objects.push(...answer.objects);
    for (const found of answer.prefixes) prefixes.add(found);
    more = answer.token !== null;
    if (answer.token !== null) from = { token: answer.token };
  }
  let next = more && from !== undefined ? from : null;
  if (next !== null) {
    const open = firstOpenFamily(
      objects.map(({ name }) => name),
      rules,
    );
    const before = open === null ? undefined : objects[open - 1];
    if (open !== null && before !== undefined) {
      next = { after: before.key };
      objects.length = open;
    }
  }
  return { ...(await pair(access, rules, prefix, objects, prefixes, options)), next: next && writeCursor(next) };
}

async function pair(
  access: S3Access,
  rules: NameRules,
  { bucket, key }: S3Location,
  objects: readonly Listed[],
  prefixes: ReadonlySet<string>,
  { signal }: ListOptions,
): Promise<Omit<ListPage, 'next'>> {
  const files = objects.filter((object) => object.name !== '');
  let paired = pairUp(files, rules);
  if (rules.magic) {
    const unnamed = paired.others.filter(
      ({ name, size }) => splitExtension(name).extension === '' && size > MAGIC_BYTES,
    );
    const tiffs = await sniff(access, bucket, unnamed, signal);
    if (tiffs.size > 0) paired = pairUp(files, rules, tiffs);
  }
  const folders = [...prefixes].filter((prefix) => prefix !== key);
  const wanted = folders.filter((prefix) => !isIgnoredFolder(prefix.split('/').at(-2) ?? '', rules));
  const { skipped } = paired;
  skipped['folder-marker'] += objects.length - files.length;
  skipped.ignored += folders.length - wanted.length;
  return {
    candidates: paired.pairs.map((found) => asCandidate(bucket, found)),
    prefixes: wanted.map((prefix) => ({ kind: 's3', bucket, key: prefix })),
    skipped,
    orphans: paired.orphans.map(({ role, file }) => asSidecar(bucket, role, file)),
  };
}

/** The names of those that begin like a TIFF. What cannot be read is not one. */
async function sniff(
  access: S3Access,
  bucket: string,
  files: readonly Listed[],
  signal: AbortSignal,
): Promise<Set<string>> {
  const tiffs = new Set<string>();
  const queue = [...files];
  const work = async (): Promise<void> => {
    for (let file = queue.shift(); file !== undefined; file = queue.shift()) {
      const location = asLocation(bucket, file);
      const subject = describeLocation(location);
      const pin = asFingerprint(file);
      try {
        const bytes = await withDeadline(signal, access.timeoutMs, subject, async (deadline) => {
          const range = { first: 0, last: MAGIC_BYTES - 1 };
          const { Body } = await getObject(access, location, pin, range, deadline.signal);
          return collect(Body, MAGIC_BYTES, deadline, subject);
        });
        if (looksLikeTiff(bytes)) tiffs.add(file.name);
      } catch (error) {
        if (!(error instanceof SourceError) || error.means === 'retry') throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: SNIFFERS }, work));
  return tiffs;
}
