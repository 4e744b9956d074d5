import { descendants, type XmlElement } from '@geosluice/xml';
import type { RawPeriod } from '../values/interval.ts';
import { looksLikeWkt } from '../values/wkt.ts';

/** Properties that name a thing, the best first: foaf:name, skos:prefLabel, rdfs:label, vcard:fn, dct:title. */
const LABELS = ['name', 'prefLabel', 'label', 'fn', 'organization-name', 'title', 'notation'];
const GEOMETRIES = ['geometry', 'bbox', 'asWKT', 'centroid'];
const STARTS = ['startDate', 'hasBeginning', 'start'];
const ENDS = ['endDate', 'hasEnd', 'end'];

/** The name of an agent, a concept, a place; undefined where it has none. */
export function labelOf(node: XmlElement): string | undefined {
  for (const local of LABELS) {
    const found = node.children.find((each) => each.local === local && each.text.trim() !== '');
    if (found) return found.text;
  }
  return undefined;
}

/** The geometry of a place as WKT; a geometry in another notation is no use here. */
export function geometryOf(node: XmlElement): string | undefined {
  for (const local of GEOMETRIES)
    for (const found of descendants(node, local)) if (looksLikeWkt(found.text)) return found.text.trim();
  return looksLikeWkt(node.text) ? node.text.trim() : undefined;
}

/** Start and end of a dct:PeriodOfTime, whatever vocabulary tells them. */
export function periodOf(node: XmlElement): RawPeriod | null {
  const [start, end] = [STARTS, ENDS].map((names) => {
    const found = node.children.find((each) => names.includes(each.local));
    const texts = found ? [found, ...descendants(found)].map((each) => each.text.trim()) : [];
    return texts.find((text) => text !== '') ?? null;
  });
  return start || end ? { start: start ?? null, end: end ?? null } : null;
}
