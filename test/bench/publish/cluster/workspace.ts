import type { Cluster } from './cluster.ts';

type Access = Pick<Cluster, 'nodes' | 'user' | 'password'>;

/** Makes the workspace of one run, so that no run meets the layers of another. */
export async function makeWorkspace(cluster: Access, name: string): Promise<void> {
  const body = JSON.stringify({ workspace: { name } });
  await asked(cluster, 'POST', '/rest/workspaces', body);
}

/** With all that is in it. */
export async function removeWorkspace(cluster: Access, name: string): Promise<void> {
  await asked(cluster, 'DELETE', `/rest/workspaces/${name}?recurse=true`);
}

/** @throws Error where it does not answer with a success */
async function asked({ nodes, user, password }: Access, method: string, path: string, body?: string): Promise<void> {
  const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
  const headers = { authorization, ...(body === undefined ? {} : { 'content-type': 'application/json' }) };
  const answer = await fetch(`${nodes[0]}${path}`, { method, headers, ...(body === undefined ? {} : { body }) });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${path} answers ${answer.status}: ${text}`);
}
