import { attribute, child, descendants, type XmlElement } from '@geosluice/xml';
import { type Collected, nothingCollected, say, type Term } from '../collected.ts';
import { isDcTerms, isDublinCore, NS } from '../namespaces.ts';
import { addTerm, termOf } from './dublin-core.ts';
import { langOf, richText } from './element-text.ts';
import { geometryOf, labelOf, periodOf } from './rdf-nodes.ts';

/** What the file is called, to find the description that is about it. */
export interface RdfSubject {
  /** Base names and stems; compared with the end of rdf:about. */
  names: readonly string[];
}

interface Index {
  nodes: ReadonlyMap<string, XmlElement[]>;
  /** Term and uri of pointers that were followed: a thousand pointers to one large node are read as one. */
  followed: Set<string>;
}

/** Reads the description that is about the raster: by the end of rdf:about, else the first with a title. */
export function readRdf(root: XmlElement, subject: RdfSubject): Collected {
  const into = nothingCollected();
  const index = indexOf(root);
  const chosen = choose(root, index, subject);
  for (const node of chosen) readNode(into, node, index);
  if (chosen.length === 0) into.warnings.push('no-description');
  return into;
}

/** Every node by its rdf:about, rdf:ID and rdf:nodeID. */
function indexOf(root: XmlElement): Index {
  const nodes = new Map<string, XmlElement[]>();
  for (const element of [root, ...descendants(root)]) {
    const name = nameOf(element);
    if (name !== undefined) nodes.set(name, [...(nodes.get(name) ?? []), element].slice(0, 20));
  }
  return { nodes, followed: new Set() };
}

function nameOf(element: XmlElement): string | undefined {
  const about = attribute(element, 'about', NS.rdf);
  if (about !== undefined) return about;
  const id = attribute(element, 'ID', NS.rdf);
  if (id !== undefined) return `#${id}`;
  // rdf:nodeID on a node names it, on a property it points: properties hold no term of their own
  const blank = attribute(element, 'nodeID', NS.rdf);
  return blank === undefined || element.children.length === 0 ? undefined : `_:${blank}`;
}

function choose(root: XmlElement, index: Index, subject: RdfSubject): XmlElement[] {
  const top = isRdf(root, 'RDF') ? [...root.children] : [root];
  const nodes = [...top, ...top.flatMap((node) => [...descendants(node, 'Dataset', NS.dcat)])];
  const wanted = subject.names.filter((name) => name !== '').map((name) => name.toLowerCase());
  const found =
    nodes.find((node) => wanted.some((name) => isAbout(node, name))) ??
    nodes.find((node) => hasTerm(node, 'title')) ??
    nodes.find((node) => node.children.some((each) => isDublinCore(each.namespace)));
  const name = found && nameOf(found);
  // descriptions of one thing may be told in several places
  return name === undefined ? (found ? [found] : []) : (index.nodes.get(name) ?? []);
}

function isAbout(node: XmlElement, wanted: string): boolean {
  const about = (nameOf(node) ?? '').toLowerCase();
  if (about.endsWith(wanted) && /^$|[/#:?=]$/.test(about.slice(0, about.length - wanted.length))) return true;
  return node.children.some(
    (each) => isDublinCore(each.namespace) && each.local === 'identifier' && each.text.trim().toLowerCase() === wanted,
  );
}

function hasTerm(node: XmlElement, term: string): boolean {
  return (
    node.children.some((each) => isDublinCore(each.namespace) && each.local === term) ||
    node.attributes.some((each) => isDublinCore(each.namespace) && each.local === term)
  );
}

function readNode(into: Collected, node: XmlElement, index: Index): void {
  const outer = langOf(node);
  for (const { namespace, local, value } of node.attributes) {
    const term = isDublinCore(namespace) ? termOf(local) : undefined;
    if (term) addTerm(into, term, value, { lang: outer, refined: isDcTerms(namespace) });
  }
  for (const property of node.children) {
    const term = propertyTerm(property);
    if (term) readProperty(into, term, property, index, langOf(property, outer));
  }
}

function propertyTerm(property: XmlElement): Term | undefined {
  if (isDublinCore(property.namespace)) return termOf(property.local);
  if (property.namespace === NS.dcat)
    return property.local === 'keyword' || property.local === 'theme' ? 'subject' : undefined;
  return property.namespace === NS.rdfs && property.local === 'comment' ? 'description' : undefined;
}

function readProperty(into: Collected, term: Term, property: XmlElement, index: Index, lang: string | undefined): void {
  const refined = isDcTerms(property.namespace);
  const more = { lang, refined, scheme: schemeOf(property), whole: property.namespace === NS.dcat };
  const pointed = attribute(property, 'resource', NS.rdf) ?? blankOf(property);
  const literal = attribute(property, 'parseType', NS.rdf) === 'Literal';
  const container = property.children.find((each) => ['Bag', 'Seq', 'Alt'].some((kind) => isRdf(each, kind)));
  if (pointed !== undefined) {
    readPointer(into, term, pointed, index, more);
  } else if (property.children.length === 0 || literal) {
    addTerm(into, term, richText(property), more);
  } else if (container) {
    for (const item of container.children)
      if (isRdf(item, 'li') || /^_\d+$/.test(item.local))
        readProperty(into, term, rename(item, property), index, langOf(item, lang));
  } else {
    const inner = attribute(property, 'parseType', NS.rdf) === 'Resource' ? [property] : property.children;
    for (const node of inner) readValueNode(into, term, node, more);
  }
}

/** A list item counts as the property it is listed under. */
function rename(item: XmlElement, property: XmlElement): XmlElement {
  return { ...item, local: property.local, namespace: property.namespace };
}

type More = { lang: string | undefined; refined: boolean; scheme: string | undefined; whole: boolean };

function readPointer(into: Collected, term: Term, uri: string, index: Index, more: More): void {
  const key = `${term} ${uri}`;
  if (index.followed.has(key)) return;
  index.followed.add(key);
  const nodes = (index.nodes.get(uri) ?? []).filter((node) => node.children.length > 0);
  // a licence is best kept as its uri
  if (nodes[0] && term !== 'license') readValueNode(into, term, nodes[0], more);
  else if (!uri.startsWith('_:')) addTerm(into, term, uri, more);
}

/** A node in place of a text: a place with its geometry, a span of time, an agent or a concept with its label. */
function readValueNode(into: Collected, term: Term, node: XmlElement, more: More): void {
  const about = attribute(node, 'about', NS.rdf);
  const period = term === 'temporal' || term === 'coverage' ? periodOf(node) : null;
  const geometry = term === 'spatial' || term === 'coverage' ? geometryOf(node) : undefined;
  const value = child(node, 'value', NS.rdf);
  const text = value ? richText(value) : labelOf(node);
  if (period) {
    into.periods.push(period);
  } else if (geometry !== undefined) {
    addTerm(into, 'spatial', geometry, { refined: true });
    say(into, 'place', text);
  } else if (term === 'license' && about !== undefined) {
    addTerm(into, term, about, more);
  } else {
    addTerm(into, term, text ?? about ?? richText(node), more);
  }
}

function schemeOf(property: XmlElement): string | undefined {
  return attribute(property, 'datatype', NS.rdf)?.replace(/^.*[#/]/, '');
}

function blankOf(property: XmlElement): string | undefined {
  const blank = attribute(property, 'nodeID', NS.rdf);
  return blank === undefined ? undefined : `_:${blank}`;
}

function isRdf(element: XmlElement, local: string): boolean {
  return element.namespace === NS.rdf && element.local === local;
}
