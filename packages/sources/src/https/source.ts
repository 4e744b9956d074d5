import { baseNameOf, describeLocation, type Fingerprint, type HttpsLocation, type Location } from '@geosluice/jobs';
import { collect, discard, guarded, tooLarge } from '../body.ts';
import { withDeadline } from '../deadline.ts';
import { SourceError } from '../errors.ts';
import { isRasterName, type NameRules } from '../names.ts';
import { likelySidecars } from '../sidecars.ts';
import type { Candidate, ReadOptions, Sidecar, Source, SourceStream } from '../source.ts';
import { asWebError, statusError } from './errors.ts';
import { checkPinned, describeAnswer, lengthOf, pinHeaders, probe, probeRange } from './probe.ts';
import { openWebFile } from './reader.ts';
import type { Answer, Web } from './web.ts';

export interface HttpsSourceOptions {
  web: Web;
  rules: NameRules;
  timeoutMs: number;
}

/** Single files behind web addresses; there is nothing to list. */
export function httpsSource({ web, rules, timeoutMs }: HttpsSourceOptions): Source {
  return {
    settles: 'at-once',
    list: async (prefix, { signal }) => {
      const location = https(prefix);
      if (new URL(location.url).pathname.endsWith('/')) throw refuse(location, 'cannot be listed; name each raster');
      const candidate = await look(web, location, signal);
      const skipped = { 'folder-marker': 0, 'zero-byte': 0, ignored: 0, neighbour: 0, 'not-a-raster': 0 };
      if (candidate.sized && candidate.raster.fingerprint.size === 0) skipped['zero-byte'] = 1;
      return { candidates: [candidate], prefixes: [], next: null, skipped, orphans: [] };
    },
    look: async (location, signal) => look(web, https(location), signal),
    rastersAt: async (location) => (isRasterName(baseNameOf(location), rules) ? [location] : []),
    ranged: async (location, signal) => {
      const { probe, ranged } = await probeRange(web, new URL(https(location).url), signal);
      return ranged && probe.length !== null;
    },
    open: async (location, fingerprint, signal) =>
      openWebFile(web, new URL(https(location).url), fingerprint, signal, timeoutMs),
    read: async (location, fingerprint, options) => read(web, https(location), fingerprint, options, timeoutMs),
    stream: async (location, signal) => stream(web, https(location), signal, timeoutMs),
    remove: async (location) => {
      throw refuse(location, 'cannot be deleted: the web is read only; use after: keep');
    },
    tag: async (location) => {
      throw refuse(location, 'cannot be tagged: the web is read only; use after: keep');
    },
  };
}

async function look(web: Web, location: HttpsLocation, signal: AbortSignal): Promise<Candidate> {
  const url = new URL(location.url);
  const { length, fingerprint } = await probe(web, url, signal);
  return {
    raster: { location, fingerprint },
    sidecars: await lookBeside(web, url, signal),
    sized: length !== null,
  };
}

/** A web server has no listing, so a few likely names are tried. A signed or computed address has no neighbours. */
async function lookBeside(web: Web, url: URL, signal: AbortSignal): Promise<Sidecar[]> {
  if (url.search !== '') return [];
  const slash = url.pathname.lastIndexOf('/') + 1;
  const rasterName = url.pathname.slice(slash);
  if (rasterName === '') return [];
  const found = await Promise.all(
    likelySidecars(rasterName).map(async ({ name, role }): Promise<Sidecar[]> => {
      const beside = new URL(url);
      beside.pathname = url.pathname.slice(0, slash) + name;
      const location: HttpsLocation = { kind: 'https', url: beside.href };
      const seen = await probe(web, beside, signal).catch(absent);
      // some servers answer every address with a page
      if (seen === null || seen.contentType.startsWith('text/html')) return [];
      return [{ role, name: baseNameOf(location), location, fingerprint: seen.fingerprint }];
    }),
  );
  return found.flat();
}

/** Buckets behind a web server say 403 for what is not there; only a server that cannot answer now is worth a retry. */
function absent(error: unknown): null {
  if (error instanceof SourceError && error.means === 'reject') return null;
  throw error;
}

async function read(
  web: Web,
  location: HttpsLocation,
  fingerprint: Fingerprint | undefined,
  { maxBytes, signal }: ReadOptions,
  timeoutMs: number,
): Promise<Uint8Array> {
  const subject = describeLocation(location);
  const headers = fingerprint === undefined ? {} : pinHeaders(fingerprint);
  return withDeadline(signal, timeoutMs, subject, async (deadline) => {
    const answer = await web.ask('GET', new URL(location.url), headers, deadline.signal);
    try {
      checkWhole(answer, subject);
      const length = lengthOf(answer.headers);
      if (fingerprint !== undefined) checkPinned(answer.headers, fingerprint, length, subject);
      if ((length ?? 0) > maxBytes) throw tooLarge(subject, maxBytes);
      return await collect(answer.body, maxBytes, deadline, subject);
    } catch (error) {
      discard(answer.body);
      throw asWebError(error, subject, 'reading');
    }
  });
}

async function stream(
  web: Web,
  location: HttpsLocation,
  signal: AbortSignal,
  timeoutMs: number,
): Promise<SourceStream> {
  const subject = describeLocation(location);
  const answer = await web.ask('GET', new URL(location.url), {}, signal);
  try {
    checkWhole(answer, subject);
  } catch (error) {
    discard(answer.body);
    throw error;
  }
  const length = lengthOf(answer.headers);
  return {
    body: guarded(answer.body, signal, timeoutMs, subject, (error) => asWebError(error, subject, 'reading')),
    length,
    fingerprint: describeAnswer(answer.headers, length).fingerprint,
  };
}

function checkWhole({ status, headers }: Answer, subject: string): void {
  const error = statusError(status, headers, subject, 'reading');
  if (error !== null) throw error;
  if (status !== 200)
    throw new SourceError('SOURCE_UNREADABLE', `${subject} answers ${status} to a plain GET`, { subject });
}

function https(location: Location): HttpsLocation {
  if (location.kind === 'https') return location;
  throw refuse(location, 'is not a web address');
}

function refuse(location: Location, why: string): SourceError {
  const subject = describeLocation(location);
  return new SourceError('INVALID_OPTIONS', `${subject} ${why}`, { subject });
}
