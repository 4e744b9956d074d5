import { createHash } from 'node:crypto';

/** A reference to an image, taken apart. */
export interface ImageReference {
  /** Host, with its port where it has one. */
  registry: string;
  repository: string;
  tag: string;
}

/** Manifest kinds, the lists of platforms first: their digest is right on every platform. */
const MANIFESTS = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ');

const WITHIN_MS = 20_000;

/** @throws Error where it names no tag, or a digest already */
export function parseImage(image: string): ImageReference {
  const [, name = '', tag] = /^([^@]+?)(?::([A-Za-z0-9_][A-Za-z0-9._-]{0,127}))?$/.exec(image) ?? [];
  if (tag === undefined) throw new Error(`${image} names no tag`);
  const slash = name.indexOf('/');
  const host = slash < 0 ? '' : name.slice(0, slash);
  const hasHost = /[.:]|^localhost$/.test(host);
  const path = hasHost ? name.slice(slash + 1) : name;
  const registry = hasHost ? host : 'docker.io';
  return { registry, repository: registry === 'docker.io' && !path.includes('/') ? `library/${path}` : path, tag };
}

/**
 * The digest a registry has for a tag now, checked against the manifest's bytes.
 * @throws Error where the registry cannot be reached, refuses, or says a digest that its manifest has not
 */
export async function resolveDigest(image: string): Promise<string> {
  const { registry, repository, tag } = parseImage(image);
  const url = `${originOf(registry)}/v2/${repository}/manifests/${tag}`;
  let response = await ask(url);
  if (response.status === 401) {
    const authorization = await tokenFor(response.headers.get('www-authenticate') ?? '', repository);
    response = await ask(url, { authorization });
  }
  if (response.status !== 200) throw new Error(`${registry} answers ${response.status}`);
  const body = new Uint8Array(await response.arrayBuffer());
  const digest = `sha256:${createHash('sha256').update(body).digest('hex')}`;
  const said = response.headers.get('docker-content-digest');
  if (said !== null && said !== digest) throw new Error(`${registry} says ${said} of a manifest that is ${digest}`);
  return digest;
}

/** As Docker does it: a registry on this machine speaks plain HTTP. */
function originOf(registry: string): string {
  if (registry === 'docker.io') return 'https://registry-1.docker.io';
  return `${/^(localhost|127\.0\.0\.1)(:|$)/.test(registry) ? 'http' : 'https'}://${registry}`;
}

async function ask(url: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(url, { headers: { accept: MANIFESTS, ...headers }, signal: AbortSignal.timeout(WITHIN_MS) });
}

/** A token for reading, as the registry's challenge says where to get one. */
async function tokenFor(challenge: string, repository: string): Promise<string> {
  const parameters = new Map(
    [...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, name = '', value = '']) => [name, value]),
  );
  const realm = parameters.get('realm');
  if (!/^bearer /i.test(challenge) || realm === undefined) throw new Error('the registry wants a login');
  const url = new URL(realm);
  const service = parameters.get('service');
  if (service !== undefined) url.searchParams.set('service', service);
  url.searchParams.set('scope', parameters.get('scope') ?? `repository:${repository}:pull`);
  const response = await ask(url.href, { accept: 'application/json' });
  if (!response.ok) throw new Error(`${url.host} gives no token: ${response.status}`);
  const { token, access_token } = (await response.json()) as { token?: string; access_token?: string };
  const given = token ?? access_token;
  if (given === undefined) throw new Error(`${url.host} gives no token`);
  return `Bearer ${given}`;
}
