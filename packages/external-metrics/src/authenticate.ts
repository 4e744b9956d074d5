import { failure, type Reply } from './status.ts';

/** How the API server proves who it is when it passes a request on: its front proxy. */
export interface FrontProxy {
  /** Authorities (PEM) one of which signed its client certificate. */
  ca: string;
  /** Common names it may have; any where empty. */
  allowedNames: readonly string[];
  /** Headers that carry the user's name, the first that is there. */
  usernameHeaders: readonly string[];
  groupHeaders: readonly string[];
}

/** What is known of a connection and of a request on it. */
export interface Asked {
  /** A client certificate was shown, and one of the front proxy's authorities signed it. */
  verified: boolean;
  /** Common name of the certificate; null where none was shown. */
  commonName: string | null;
  headers: Readonly<Record<string, string | string[] | undefined>>;
}

export type Identity = { user: string; groups: readonly string[] } | { refusal: Reply };

/**
 * Who asks. Headers name somebody only where the certificate is the front proxy's: everybody else could write them too.
 * The API server has authenticated and authorised the request before it passed it on.
 */
export function decideIdentity(asked: Asked, proxy: FrontProxy | null): Identity {
  if (proxy === null) {
    return { refusal: failure(503, 'it is not known yet how the API server proves who it is') };
  }
  if (asked.commonName === null) {
    return { refusal: failure(401, 'only the Kubernetes API server is answered, and it shows a client certificate') };
  }
  if (!asked.verified) {
    return { refusal: failure(401, 'the client certificate was not signed by the authority of the front proxy') };
  }
  if (proxy.allowedNames.length > 0 && !proxy.allowedNames.includes(asked.commonName)) {
    return { refusal: failure(403, `the client certificate’s name is none the front proxy may have`) };
  }
  const user = proxy.usernameHeaders.map((name) => valuesOf(asked, name)[0] ?? '').find((value) => value !== '');
  if (user === undefined) return { refusal: failure(401, 'the front proxy named no user') };
  return { user, groups: proxy.groupHeaders.flatMap((name) => valuesOf(asked, name)) };
}

function valuesOf({ headers }: Asked, name: string): string[] {
  const value = headers[name.toLowerCase()];
  return value === undefined ? [] : Array.isArray(value) ? value : [value];
}
