import { parseAnswer, versionSchema } from './answers.ts';
import type { Http } from './http.ts';
import { refusalError, sentenceOf } from './refusals.ts';

export interface NodeCheck {
  url: string;
  ok: boolean;
  /** GeoServer's version, where it answered. */
  version: string | null;
  /** What to do about it, one sentence each. */
  problems: string[];
}

export interface GeoServerCheck {
  ok: boolean;
  nodes: NodeCheck[];
}

/** Asks every node for its version, the password's worth, its lock and its modules; never for capabilities. */
export async function check(http: Http, signal: AbortSignal): Promise<GeoServerCheck> {
  const urls = await http.nodes(signal);
  const nodes = await Promise.all(urls.map((url) => checkNode(http, url, signal)));
  const versions = new Set(nodes.flatMap((node) => (node.version === null ? [] : [node.version])));
  if (versions.size > 1)
    for (const node of nodes) node.problems.push(`nodes run different versions: ${[...versions].join(', ')}`);
  return { ok: nodes.every((node) => node.ok), nodes };
}

async function checkNode(http: Http, url: string, signal: AbortSignal): Promise<NodeCheck> {
  const result: NodeCheck = { url, ok: true, version: null, problems: [] };
  const problem = (text: string) => {
    result.ok = false;
    result.problems.push(text);
  };
  const read = (path: string) => http.ask({ method: 'GET', path, node: url, timeoutMs: 10_000, signal });
  try {
    const about = await read('/rest/about/version.json');
    if (about.status === 401 || about.status === 403) {
      problem(`${url} refuses the user ${http.settings.user}: check user and password`);
      return result;
    }
    if (about.status !== 200) throw refusalError('tell its version', about);
    const version = parseAnswer(versionSchema, about).about.resource.find((each) => each['@name'] === 'GeoServer');
    result.version = version?.Version ?? 'unknown';

    // version answers even while the catalog is locked; this one waits for the lock
    const catalog = await read('/rest/workspaces.json');
    if (catalog.status !== 200)
      problem(`${url} does not list workspaces (HTTP ${catalog.status}: ${sentenceOf(catalog)})`);

    const manifest = await read('/rest/about/manifest.json?key=GeoServerModule');
    if (manifest.status === 200) {
      const modules = parseAnswer(versionSchema, manifest).about.resource.map((each) => each['@name']);
      result.problems.push(...decideMissingModules(modules, http.settings.cog.range));
    }
  } catch (error) {
    signal.throwIfAborted();
    problem(error instanceof Error ? error.message : String(error));
  }
  return result;
}

/** Which kinds of store cannot work, by the jars a node lists. A hint, no failure: only one kind may be wanted. */
export function decideMissingModules(modules: readonly string[], range: 'S3' | 'HTTP'): string[] {
  const has = (jar: string) => modules.some((name) => name.startsWith(jar));
  const problems: string[] = [];
  if (!has('gs-s3-geotiff')) problems.push('stores of type s3geotiff will not work: the module s3-geotiff is missing');
  const cog = ['gs-cog-core', range === 'S3' ? 'gs-cog-s3' : 'gs-cog-http'].filter((jar) => !has(jar));
  if (cog.length > 0) problems.push(`stores of type cog will not work: ${cog.join(' and ')} missing`);
  return problems;
}
