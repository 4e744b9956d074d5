import { at, attribute, child, descendants, type XmlElement } from '@geosluice/xml';
import { isCswRecord, unwrapCsw } from './dialects/csw.ts';
import { isTerm, termOf } from './dialects/dublin-core.ts';
import { isCsw, isDcElements, isDublinCore, isIso, isIso19115p3, NS } from './namespaces.ts';

export type Dialect =
  | 'oai_dc'
  | 'rdf'
  | 'dcterms'
  | 'plain'
  | 'simpledc'
  | 'csw'
  | 'dc-children'
  | 'iso19139'
  | 'iso19115-3'
  | 'fgdc'
  | 'esri'
  | 'qgis';

/** A document that is told by its root to be something else than metadata. */
export type Other = 'pam' | 'sld' | 'qgis-style';

export type Detected = { dialect: Dialect; node: XmlElement } | { other: Other };

/** Roots without a namespace under which plain Dublin Core names are believed. */
const PLAIN_ROOTS: ReadonlySet<string> = new Set([
  'metadata',
  'dc',
  'record',
  'simpledc',
  'dublincore',
  'dublin_core',
  'resource',
  'dataset',
]);
const STYLE_PARTS: ReadonlySet<string> = new Set([
  'pipe',
  'rasterrenderer',
  'renderer-v2',
  'layerGeometryType',
  'flags',
]);

/** Tells by names and namespaces, never by a file's name or a prefix, what a document is; null for what nobody knows. */
export function detect(root: XmlElement): Detected | null {
  return otherOf(root) ?? direct(root) ?? wrapped(root);
}

function otherOf(root: XmlElement): Detected | null {
  if (root.local === 'PAMDataset') return { other: 'pam' };
  if (root.local === 'StyledLayerDescriptor') return { other: 'sld' };
  if (root.local === 'qgis' && root.namespace === '') {
    const style =
      attribute(root, 'styleCategories') !== undefined || root.children.some((each) => STYLE_PARTS.has(each.local));
    return style ? { other: 'qgis-style' } : { dialect: 'qgis', node: root };
  }
  return null;
}

function direct(root: XmlElement): Detected | null {
  if (isCswRecord(root)) return { dialect: 'csw', node: root };
  if (isCsw(root.namespace)) {
    const record = unwrapCsw(root);
    return record && record !== root ? direct(record) : null;
  }
  if (isIso(root.namespace) && /^M[DI]_Metadata$/.test(root.local))
    return { dialect: isIso19115p3(root.namespace) ? 'iso19115-3' : 'iso19139', node: root };
  if (root.namespace === NS.rdf) return { dialect: 'rdf', node: root };
  if (root.namespace === NS.oaiDc && root.local === 'dc') return { dialect: 'oai_dc', node: root };
  if (isDublinCore(root.namespace) || (/^(simple|qualified)dc$/i.test(root.local) && root.children.some(isTerm)))
    return { dialect: 'simpledc', node: root };
  return withoutNamespace(root) ?? byChildren(root) ?? plain(root);
}

/** FGDC and ArcGIS both have the root `metadata`, and ArcGIS may hold FGDC's elements beside its own. */
function withoutNamespace(root: XmlElement): Detected | null {
  if (root.namespace !== '' || root.local !== 'metadata') return null;
  const fgdc = child(root, 'idinfo');
  const esri = child(root, 'dataIdInfo') ?? child(root, 'Esri');
  if (esri && (!fgdc || at(root, 'dataIdInfo', 'idCitation', 'resTitle'))) return { dialect: 'esri', node: root };
  return fgdc ? { dialect: 'fgdc', node: root } : null;
}

function byChildren(root: XmlElement): Detected | null {
  const terms = root.children.filter(isTerm);
  if (terms.length === 0) return null;
  return { dialect: terms.some((each) => isDcElements(each.namespace)) ? 'dc-children' : 'dcterms', node: root };
}

function plain(root: XmlElement): Detected | null {
  if (root.namespace !== '' || !PLAIN_ROOTS.has(root.local.toLowerCase())) return null;
  const known = root.children.some((each) => each.namespace === '' && termOf(each.local) !== undefined);
  return known ? { dialect: 'plain', node: root } : null;
}

/** Metadata inside of an envelope, e.g. an OAI-PMH answer: the first element below that is one of ours. */
function wrapped(root: XmlElement): Detected | null {
  for (const element of descendants(root)) {
    if (element.children.length === 0) continue;
    const known =
      (element.namespace === NS.oaiDc && element.local === 'dc') ||
      (element.namespace === NS.rdf && element.local === 'RDF') ||
      isCswRecord(element) ||
      (isIso(element.namespace) && /^M[DI]_Metadata$/.test(element.local));
    const found = known ? direct(element) : byChildren(element);
    if (found) return found;
  }
  return null;
}
