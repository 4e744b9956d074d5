import { documentOf, documentReply, type NodeRequest, notFound, OK, rest } from './context.ts';
import { hrefs, layerTree, listTree, styleTree } from './documents.ts';
import { asPlain, textAt } from './plain.ts';
import { bare, created, jettyPage, type Reply, refuse } from './reply.ts';

/** `/rest/layers`, `/rest/layers/{ws}:{name}`, `/rest/workspaces/{ws}/layers` and below. */
export function layers(request: NodeRequest, ws: string | undefined, name: string | undefined): Reply {
  const { catalog, commit, now } = request.node;
  if (name === undefined) {
    const entries = catalog.list('layer', ws).map((layer) => ({
      name: ws === undefined ? `${layer.workspace}:${layer.name}` : layer.name,
      href:
        ws === undefined
          ? hrefs.layer(rest(request), layer.workspace, layer.name)
          : hrefs.layerIn(rest(request), ws, layer.name),
    }));
    return documentReply(request, listTree('layers', 'layer', entries));
  }
  const key = ws === undefined ? name : `${ws}:${name}`;
  const layer =
    catalog.get('layer', key) ??
    (key.includes(':') ? undefined : catalog.list('layer').find((each) => each.name === key));
  if (layer === undefined) return notFound(request, `No such layer: ${key}`);
  const found = `${layer.workspace}:${layer.name}`;
  if (request.method === 'DELETE') {
    // its coverage stays
    commit([{ kind: 'layer', key: found, value: null }]);
    return OK;
  }
  if (request.method === 'PUT') {
    const asked = asPlain(documentOf(request, 'layer').defaultStyle);
    const [styleName, styleWorkspace] = [textAt(asked, 'name'), textAt(asked, 'workspace')];
    const [prefix, bare] = styleName?.includes(':') === true ? styleName.split(':') : [styleWorkspace, styleName];
    const style = bare === undefined ? undefined : catalog.get('style', `${prefix ?? ''}:${bare}`);
    // an unknown style is no error and changes nothing
    const next =
      style === undefined
        ? layer.style
        : { name: style.name, ...(style.workspace === undefined ? {} : { workspace: style.workspace }) };
    commit([{ kind: 'layer', key: found, value: { ...layer, style: next, changed: true, dateModified: now() } }]);
    return OK;
  }
  return documentReply(request, layerTree(rest(request), layer));
}

/** `/rest/styles` and `/rest/workspaces/{ws}/styles`, and below. */
export function styles(request: NodeRequest, ws: string | undefined, name: string | undefined): Reply {
  const { catalog, commit } = request.node;
  if (name === undefined) {
    if (request.method === 'POST') return createStyle(request, ws);
    const entries = catalog
      .list('style')
      .filter((style) => style.workspace === ws)
      .map((style) => ({ name: style.name, href: hrefs.style(rest(request), ws, style.name) }));
    return documentReply(request, listTree('styles', 'style', entries));
  }
  const key = `${ws ?? ''}:${name}`;
  const style = catalog.get('style', key);
  if (style === undefined)
    return notFound(request, `No such style ${name}${ws === undefined ? '' : ` in workspace ${ws}`}`);
  if (request.method === 'PUT') {
    commit([{ kind: 'style', key, value: { ...style, sld: readSld(request) } }]);
    return OK;
  }
  if (request.method === 'DELETE') {
    const users = catalog
      .list('layer')
      .filter((layer) => layer.style.name === style.name && layer.style.workspace === style.workspace);
    if (users.length > 0 && request.query.get('recurse') !== 'true') return bare(403);
    commit([
      ...users.map((layer) => ({
        kind: 'layer' as const,
        key: `${layer.workspace}:${layer.name}`,
        value: { ...layer, style: { name: 'raster' } },
      })),
      { kind: 'style', key, value: null },
    ]);
    return OK;
  }
  if (request.format === 'sld') return { status: 200, type: 'application/vnd.ogc.sld+xml', body: style.sld };
  return documentReply(request, styleTree(style));
}

function createStyle(request: NodeRequest, ws: string | undefined): Reply {
  const { node } = request;
  const sld = /sld/.test(request.type) ? readSld(request) : '';
  const name = request.query.get('name') ?? textAt(documentOf(request, 'style'), 'name') ?? '';
  const key = `${ws ?? ''}:${name}`;
  if (node.catalog.get('style', key) !== undefined) {
    const uri = `${request.root}${request.url.slice('/geoserver'.length)}`;
    return jettyPage(403, `Style ${name} already exists.`, uri);
  }
  const workspace = ws === undefined ? {} : { workspace: ws };
  node.commit([{ kind: 'style', key, value: { ...workspace, name, sld, dateCreated: node.now() } }]);
  return created(hrefs.style(rest(request), ws, name), name);
}

function readSld(request: NodeRequest): string {
  const text = request.body.toString('utf8');
  if (/^\s*</.test(text)) return text;
  refuse(500, 'org.xml.sax.SAXParseException; lineNumber: 1; columnNumber: 1; Content is not allowed in prolog.');
}
