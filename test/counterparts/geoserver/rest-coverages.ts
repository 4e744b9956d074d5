import type { BandInfo, Box, CoverageInfo, GridInfo, StoreInfo } from './catalog.ts';
import { documentOf, documentReply, type NodeRequest, notFound, OK, rest } from './context.ts';
import { isKnownSrs, wktOf } from './crs.ts';
import { type Derived, deriveAll, deriveGeometry, type Header, latLonOf, readHeader } from './derive.ts';
import { coverageTree, hrefs, linksOf, listTree } from './documents.ts';
import { asPlain, boolAt, numberAt, type Plain, stringsAt, textAt } from './plain.ts';
import { bare, created, type Reply, refuse } from './reply.ts';
import { leaf } from './tree.ts';

/** `…/coveragestores/{store}/coverages` and `…/coverages/{name}`. */
export async function coverages(
  request: NodeRequest,
  ws: string,
  storeName: string | undefined,
  name: string | undefined,
): Promise<Reply> {
  const { catalog } = request.node;
  const store = storeName === undefined ? undefined : catalog.get('store', `${ws}:${storeName}`);
  if (name === undefined) {
    if (request.method === 'POST') return create(request, ws, store);
    if (request.query.get('list') === 'all' && store !== undefined) return available(request, store);
    const entries = catalog
      .list('coverage', ws)
      .filter((coverage) => storeName === undefined || coverage.store === storeName)
      .map((each) => ({ name: each.name, href: hrefs.coverage(rest(request), ws, each.store, each.name) }));
    return documentReply(request, listTree('coverages', 'coverage', entries, 'application/atom+xml'));
  }
  const found = catalog.get('coverage', `${ws}:${name}`);
  const coverage = found !== undefined && (storeName === undefined || found.store === storeName) ? found : undefined;
  if (coverage === undefined) {
    const path = request.method === 'PUT' ? `${ws},${name}` : [ws, storeName, name].filter(Boolean).join(',');
    return notFound(request, `No such coverage: ${path}`);
  }
  if (request.method === 'PUT') return change(request, coverage);
  if (request.method === 'DELETE') return remove(request, coverage);
  return documentReply(request, coverageTree(rest(request), coverage));
}

async function available(request: NodeRequest, store: StoreInfo): Promise<Reply> {
  const { coverageName } = await readHeader(request.node.sources, store);
  if (request.format === 'json')
    return { status: 200, type: 'application/json', body: JSON.stringify({ list: { string: [coverageName] } }) };
  return documentReply(request, { name: 'list', children: [leaf('coverageName', coverageName)] });
}

async function create(request: NodeRequest, ws: string, store: StoreInfo | undefined): Promise<Reply> {
  const body = documentOf(request, 'coverage');
  if (store === undefined) refuse(500, 'Coverage store not set.');
  // the object is read before anything of the document is looked at
  const header = await readHeader(request.node.sources, store);
  const name = addCoverage(request, store, header, body);
  return created(hrefs.coverage(rest(request), ws, store.name, name), name);
}

/** Adds coverage and layer. @returns the name */
export function addCoverage(request: NodeRequest, store: StoreInfo, header: Header, body: Plain): string {
  const { node } = request;
  const workspace = store.workspace;
  const srs = textAt(body, 'srs');
  const inside = textAt(body, 'nativeCoverageName') ?? (srs === undefined ? textAt(body, 'nativeName') : undefined);
  if (inside !== undefined && inside !== header.coverageName)
    refuse(500, `The specified coverageName ${inside}is not supported`);
  const name = textAt(body, 'name') ?? '';
  if (name === '') refuse(500, 'Resource name must not be null');
  if (srs === undefined && inside === undefined) refuse(500, 'Resource native name must not be null');
  if (srs !== undefined && !isKnownSrs(srs))
    refuse(500, 'This is unexpected, the layer srs seems to be mis-configured');
  const twin = node.catalog.get('coverage', `${workspace}:${name}`);
  if (twin !== undefined) {
    const where = twin.store === store.name ? `store: '${store.name}'` : `namespace: '${workspace}'`;
    refuse(500, `Resource named '${name}' already exists in ${where}`);
  }
  const derived = deriveGeometry(header);
  const given = srs === undefined ? {} : givenFields(body, derived);
  const nativeCoverageName = srs === undefined ? header.coverageName : textAt(body, 'nativeCoverageName');
  const coverage: CoverageInfo = {
    workspace,
    store: store.name,
    name,
    // without an srs the document counts for its names only
    nativeName: srs === undefined ? name : (textAt(body, 'nativeName') ?? name),
    ...(nativeCoverageName === undefined ? {} : { nativeCoverageName }),
    ...derived,
    srs: header.srs,
    projectionPolicy: 'REPROJECT_TO_DECLARED',
    enabled: true,
    ...(srs === undefined ? deriveAll(header, store, name) : {}),
    ...given,
  };
  const key = `${workspace}:${name}`;
  const layer = {
    workspace,
    name,
    store: store.name,
    style: { name: 'raster' },
    changed: false,
    dateCreated: node.now(),
  };
  node.commit([
    { kind: 'coverage', key, value: coverage },
    { kind: 'layer', key, value: layer },
  ]);
  return name;
}

/** A PUT replaces what it names; bounds of another CRS or policy, and those asked for, are read from the object. */
async function change(request: NodeRequest, before: CoverageInfo): Promise<Reply> {
  const { node } = request;
  const body = documentOf(request, 'coverage');
  const [nativeName, inside] = [textAt(body, 'nativeName'), textAt(body, 'nativeCoverageName')];
  const after: CoverageInfo = {
    ...before,
    advertised: true,
    ...givenFields(body, before),
    ...(nativeName === undefined ? {} : { nativeName }),
    ...(inside === undefined ? {} : { nativeCoverageName: inside }),
  };
  // written anew, the WKT loses the method's code
  after.nativeCRS = { ...after.nativeCRS, wkt: after.nativeCRS.wkt.replace(', AUTHORITY["EPSG","9807"]', '') };
  const recalculate = (request.query.get('recalculate') ?? '').split(',');
  if (recalculate.includes('nativebbox')) {
    const store = node.catalog.get('store', `${before.workspace}:${before.store}`);
    if (store !== undefined)
      after.nativeBoundingBox = deriveGeometry(await readHeader(node.sources, store)).nativeBoundingBox;
  }
  if (recalculate.includes('latlonbbox')) after.latLonBoundingBox = latLonOf(after.nativeBoundingBox);
  node.commit([{ kind: 'coverage', key: `${before.workspace}:${before.name}`, value: after }]);
  return OK;
}

function remove(request: NodeRequest, coverage: CoverageInfo): Reply {
  const { catalog, commit } = request.node;
  const key = `${coverage.workspace}:${coverage.name}`;
  if (catalog.get('layer', key) !== undefined && request.query.get('recurse') !== 'true') return bare(403);
  commit([
    { kind: 'layer', key, value: null },
    { kind: 'coverage', key, value: null },
  ]);
  return OK;
}

/** The fields of a request's document that a coverage keeps. */
function givenFields(body: Plain, fallback: Derived): Partial<CoverageInfo> {
  const fields: Partial<CoverageInfo> = {};
  for (const key of ['title', 'abstract', 'description', 'srs', 'projectionPolicy', 'nativeFormat'] as const) {
    const value = textAt(body, key);
    if (value !== undefined) fields[key] = value;
  }
  for (const key of ['enabled', 'advertised'] as const) {
    const value = boolAt(body, key);
    if (value !== undefined) fields[key] = value;
  }
  for (const key of ['keywords', 'requestSRS', 'responseSRS', 'supportedFormats'] as const) {
    const value = stringsAt(body, key);
    if (value !== undefined) fields[key] = value;
  }
  const crs = textAt(body, 'nativeCRS');
  if (crs !== undefined) fields.nativeCRS = crs.startsWith('EPSG:') ? wktOf(crs) : { class: 'projected', wkt: crs };
  if (body.metadataLinks !== undefined) fields.metadataLinks = linksOf(body.metadataLinks);
  if (body.nativeBoundingBox !== undefined)
    fields.nativeBoundingBox = boxOf(asPlain(body.nativeBoundingBox), fallback.nativeBoundingBox);
  if (body.latLonBoundingBox !== undefined)
    fields.latLonBoundingBox = boxOf(asPlain(body.latLonBoundingBox), fallback.latLonBoundingBox);
  if (body.grid !== undefined) fields.grid = gridOf(asPlain(body.grid), fallback.grid);
  if (body.dimensions !== undefined) fields.bands = bandsOf(asPlain(body.dimensions));
  return fields;
}

function boxOf(plain: Plain, fallback: Box): Box {
  const side = (key: 'minx' | 'miny' | 'maxx' | 'maxy') => numberAt(plain, key) ?? fallback[key];
  const crs = textAt(plain, 'crs') ?? fallback.crs;
  return { minx: side('minx'), miny: side('miny'), maxx: side('maxx'), maxy: side('maxy'), crs };
}

function gridOf(plain: Plain, fallback: GridInfo): GridInfo {
  const [width = fallback.width, height = fallback.height] = (textAt(asPlain(plain.range), 'high') ?? '')
    .split(' ')
    .filter((part) => part !== '')
    .map(Number);
  const transform = asPlain(plain.transform);
  const part = (key: 'scaleX' | 'scaleY' | 'shearX' | 'shearY' | 'translateX' | 'translateY') =>
    numberAt(transform, key) ?? fallback[key];
  return {
    width,
    height,
    scaleX: part('scaleX'),
    scaleY: part('scaleY'),
    shearX: part('shearX'),
    shearY: part('shearY'),
    translateX: part('translateX'),
    translateY: part('translateY'),
    crs: textAt(plain, 'crs') ?? fallback.crs,
  };
}

function bandsOf(plain: Plain): BandInfo[] {
  const list = plain.coverageDimension;
  return (Array.isArray(list) ? list : [list]).map(asPlain).map((band) => {
    const none = [asPlain(band.nullValues).double].flat()[0];
    return {
      name: textAt(band, 'name') ?? '',
      type: textAt(asPlain(band.dimensionType), 'name') ?? '',
      ...(none === undefined ? {} : { nodata: String(none) }),
    };
  });
}
