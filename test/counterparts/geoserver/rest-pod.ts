import { documentOf, documentReply, type NodeRequest, OK } from './context.ts';
import { textAt } from './plain.ts';
import { bare, jettyPage, type Reply } from './reply.ts';

/** `/rest/cluster`: the node's cluster.properties, as the documentation of the JMS cluster shows it. Not recorded. */
export function cluster(request: NodeRequest): Reply {
  const properties = request.node.pod?.cluster ?? new Map<string, string>();
  if (properties.size === 0) return jettyPage(404, 'Not Found', request.url);
  const children = [...properties].map(([name, value]) => ({ name: 'property', attributes: { name, value } }));
  return documentReply(request, { name: 'properties', list: true, children });
}

/** `PUT /rest/security/self/password`. Not recorded. */
export function ownPassword(request: NodeRequest): Reply {
  const { pod } = request.node;
  if (pod === undefined) return jettyPage(404, 'Not Found', request.url);
  if (request.method !== 'PUT') return bare(405);
  const root = /xml$/.test(request.type) ? 'userPassword' : null;
  const body = root === null ? (JSON.parse(request.body.toString('utf8')) as object) : documentOf(request, root);
  const password = textAt({ ...body }, 'newPassword') ?? '';
  if (password === '') return { ...bare(400), type: 'text/plain', body: `Missing 'newPassword'` };
  pod.setPassword(request.user, password);
  return OK;
}
