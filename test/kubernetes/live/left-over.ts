import assert from 'node:assert/strict';
import type { Cluster } from '../cluster.ts';

/** What a namespace has by itself, and what tells of the past. */
const USUAL =
  /^(events|events\.events\.k8s\.io|serviceaccounts\/default|configmaps\/kube-root-ca\.crt|pods\.metrics\.k8s\.io)/;

/**
 * What is left of a release: everything in its namespace, of whatever kind, and what bears its name elsewhere.
 * @returns `<resource>/<name>`, sorted
 */
export async function leftOver(cluster: Cluster, namespace: string, release: string): Promise<string[]> {
  const named = async (...args: string[]): Promise<string[]> => {
    const { code, stdout, stderr } = await cluster.kubectl('get', ...args, '-o', 'name', '--ignore-not-found');
    assert.equal(code, 0, stderr);
    return stdout.split('\n').filter((line) => line !== '');
  };
  const kinds = async (namespaced: boolean): Promise<string> => {
    const { stdout } = await cluster.kubectl(
      'api-resources',
      '--verbs=list',
      `--namespaced=${namespaced}`,
      '-o',
      'name',
    );
    return stdout
      .split('\n')
      .filter((kind) => kind !== '' && !/^(events|.*\.metrics\.k8s\.io)/.test(kind))
      .join(',');
  };
  const ofRelease = `app.kubernetes.io/instance=${release}`;
  const inside = await named(await kinds(true), '-n', namespace);
  const outside = [
    ...(await named(await kinds(false), '-l', ofRelease)),
    ...(await named('roles,rolebindings,configmaps,secrets', '-n', 'kube-system', '-l', ofRelease)),
  ];
  return [...inside.map(plural), ...outside.map(plural)].filter((name) => !USUAL.test(name)).sort();
}

/** `persistentvolumeclaim/data` as `persistentvolumeclaims/data`. */
function plural(name: string): string {
  return name.replace(/^([^./]+)/, (kind) => (kind.endsWith('s') ? kind : `${kind}s`));
}
