import type { Change } from './catalog.ts';
import { documentOf, documentReply, type NodeRequest, notFound, OK, rest } from './context.ts';
import { hrefs, listTree, namespaceTree, workspaceTree } from './documents.ts';
import { textAt } from './plain.ts';
import { bare, created, jettyPage, type Reply, refuse } from './reply.ts';

/** `/rest/workspaces` and `/rest/workspaces/{ws}`. */
export function workspaces(request: NodeRequest, name: string | undefined): Reply {
  const { catalog } = request.node;
  if (name === undefined) {
    if (request.method === 'POST') return create(request);
    const entries = catalog
      .list('workspace')
      .map((ws) => ({ name: ws.name, href: hrefs.workspace(rest(request), ws.name) }));
    return documentReply(request, listTree('workspaces', 'workspace', entries));
  }
  const ws = catalog.get('workspace', name);
  if (request.method === 'DELETE') return ws === undefined ? bare(404) : remove(request, name);
  if (ws === undefined) return notFound(request, `No such workspace: '${name}' found`);
  return documentReply(request, workspaceTree(rest(request), ws));
}

export function namespaces(request: NodeRequest, name: string): Reply {
  const ws = request.node.catalog.get('workspace', name);
  return ws === undefined
    ? notFound(request, `No such namespace: '${name}' found`)
    : documentReply(request, namespaceTree(ws));
}

function create(request: NodeRequest): Reply {
  const { node } = request;
  const name = textAt(documentOf(request, 'workspace'), 'name') ?? '';
  if (name === '') refuse(500, 'Workspace name must not be null');
  if (node.catalog.get('workspace', name) !== undefined) {
    const uri = `${request.root}${request.url.slice('/geoserver'.length)}`;
    return jettyPage(409, `Workspace '${name}' already exists`, uri);
  }
  node.commit([{ kind: 'workspace', key: name, value: { name, dateCreated: node.now() } }]);
  // created all the same, and cannot be deleted: Jetty refuses the %2F in its url
  if (/[\s/]/.test(name)) refuse(500, `Invalid URI syntax for 'http://${name}' in namespace '${name}'`);
  return created(`${rest(request)}/workspaces/${encodeURIComponent(name)}`, name);
}

function remove(request: NodeRequest, name: string): Reply {
  const { catalog, commit } = request.node;
  const kinds = ['layer', 'coverage', 'store', 'style'] as const;
  const changes = kinds.flatMap((kind) =>
    catalog.list(kind, name).map((each): Change => ({ kind, key: `${name}:${each.name}`, value: null })),
  );
  if (changes.length > 0 && request.query.get('recurse') !== 'true') return bare(403);
  commit([...changes, { kind: 'workspace', key: name, value: null }]);
  return OK;
}
