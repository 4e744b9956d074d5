import { describeLocation, type Location } from '@geosluice/jobs';
import { SourceError } from './errors.ts';
import { isBelow } from './file/roots.ts';
import { findHostRule, type HostRule, parseHostRule } from './https/hosts.ts';

/** What may be read. Nothing is allowed that is not named here. */
export interface AllowList {
  /** `bucket`, `bucket/prefix/`, or `*` for every bucket the clients can read. */
  buckets: readonly string[];
  /**
   * `host`, `host:port`, `host:*`, `*.domain`, `*`; https unless it begins with `http://`. A host that is named in full may
   * lie in a private network, one that only fits a pattern may not. Plain http needs a full name.
   */
  hosts: readonly string[];
  /** Absolute directories. */
  roots: readonly string[];
}

export interface Allowed {
  allows(location: Location): boolean;
  /** @throws SourceError SOURCE_NOT_ALLOWED, naming what would have to be added */
  check(location: Location): void;
  hostRules: readonly HostRule[];
}

/** @throws SourceError INVALID_OPTIONS where an entry cannot be read */
export function readAllowList(list: AllowList): Allowed {
  const buckets = list.buckets.map((entry) => {
    const slash = entry.indexOf('/');
    return slash < 0
      ? { bucket: entry, prefix: '' }
      : { bucket: entry.slice(0, slash), prefix: entry.slice(slash + 1) };
  });
  const hostRules = list.hosts.map(parseHostRule);
  for (const root of list.roots) {
    if (!root.startsWith('/')) throw new SourceError('INVALID_OPTIONS', `root "${root}" is not an absolute path`);
  }
  const allows = (location: Location): boolean => {
    switch (location.kind) {
      case 's3':
        return buckets.some(
          ({ bucket, prefix }) => (bucket === '*' || bucket === location.bucket) && location.key.startsWith(prefix),
        );
      case 'file':
        return isBelow(location.path, list.roots);
      case 'https': {
        const url = new URL(location.url);
        return url.username === '' && url.password === '' && findHostRule(hostRules, url) !== null;
      }
    }
  };
  return {
    allows,
    hostRules,
    check(location) {
      if (allows(location)) return;
      const subject = describeLocation(location);
      throw new SourceError('SOURCE_NOT_ALLOWED', `${subject} is not allowed; ${adviceFor(location)}`, { subject });
    },
  };
}

function adviceFor(location: Location): string {
  if (location.kind === 's3') return `add the bucket ${location.bucket} to the allowed buckets`;
  if (location.kind === 'file') return 'add its directory to the allowed roots';
  const url = new URL(location.url);
  if (url.username !== '' || url.password !== '') return 'an address must not hold a user name or password';
  return `add ${url.protocol === 'http:' ? 'http://' : ''}${url.host} to the allowed hosts`;
}

/** Whether everything below `inner` is below `outer` too, as keys and paths go. */
export function contains(outer: Location, inner: Location): boolean {
  if (outer.kind === 's3' && inner.kind === 's3') {
    return outer.bucket === inner.bucket && inner.key.startsWith(outer.key);
  }
  if (outer.kind === 'file' && inner.kind === 'file') return isBelow(inner.path, [outer.path]);
  return outer.kind === 'https' && inner.kind === 'https' && outer.url === inner.url;
}
