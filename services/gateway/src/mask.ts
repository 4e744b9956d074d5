import type { Location } from '@geosluice/jobs';
import type { DeadLetter, Ingestion } from '@geosluice/pipeline';

/** A uri with the values of its query string masked: they may be signatures. */
export function maskUri(uri: string): string {
  if (!/^https?:\/\//.test(uri) || !URL.canParse(uri)) return uri;
  const url = new URL(uri);
  url.username = '';
  url.password = '';
  for (const name of new Set(url.searchParams.keys())) url.searchParams.set(name, 'masked');
  return url.href;
}

export function maskEntry<T extends { uri: string; location: Location }>(entry: T): T {
  const { location } = entry;
  if (location.kind !== 'https') return entry;
  return { ...entry, uri: maskUri(entry.uri), location: { ...location, url: maskUri(location.url) } };
}

export function maskDeadLetter(letter: DeadLetter): DeadLetter {
  return { ...letter, entry: maskEntry(letter.entry) };
}

export function maskIngestion(ingestion: Ingestion): Ingestion {
  const problems = ingestion.problems.map((problem) => ({ ...problem, source: maskUri(problem.source) }));
  return { ...ingestion, sources: ingestion.sources.map(maskUri), problems };
}
