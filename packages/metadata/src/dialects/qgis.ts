import { at, attribute, child, children, type XmlElement } from '@geosluice/xml';
import { type Collected, nothingCollected, say, type Term } from '../collected.ts';
import { isGeographic } from '../values/crs.ts';
import { roleTerm } from './iso-roles.ts';

const SIMPLE: ReadonlyArray<readonly [local: string, term: Term]> = [
  ['identifier', 'identifier'],
  ['parentidentifier', 'relation'],
  ['language', 'language'],
  ['type', 'type'],
  ['title', 'title'],
  ['abstract', 'abstract'],
  ['license', 'license'],
  ['rights', 'rights'],
  ['history', 'source'],
];
const DATES: Readonly<Record<string, Term>> = { published: 'issued', created: 'created', revised: 'modified' };

/** QGIS layer metadata (`.qmd`). */
export function readQgis(root: XmlElement): Collected {
  const into = nothingCollected();
  for (const [local, term] of SIMPLE) for (const element of children(root, local)) say(into, term, element.text);
  for (const group of children(root, 'keywords'))
    for (const keyword of children(group, 'keyword')) say(into, 'subject', keyword.text, { whole: true });
  for (const contact of children(root, 'contact')) {
    const name = child(contact, 'organization')?.text.trim() || child(contact, 'name')?.text;
    say(into, roleTerm((child(contact, 'role')?.text ?? '').trim()), name);
  }
  for (const constraint of children(root, 'constraints')) say(into, 'rights', constraint.text);
  for (const link of at(root, 'links')?.children ?? []) say(into, 'relation', attribute(link, 'url'));
  for (const date of at(root, 'dates')?.children ?? [])
    say(into, DATES[(attribute(date, 'type') ?? '').toLowerCase()] ?? 'date', attribute(date, 'value'));
  into.crs.push(at(root, 'crs', 'spatialrefsys', 'authid')?.text ?? '');
  readExtent(into, root);
  return into;
}

function readExtent(into: Collected, root: XmlElement): void {
  const extent = child(root, 'extent');
  if (!extent) return;
  for (const box of children(extent, 'spatial')) {
    const [west, south, east, north] = ['minx', 'miny', 'maxx', 'maxy'].map((name) =>
      Number(attribute(box, name) || Number.NaN),
    ) as [number, number, number, number];
    const crs = attribute(box, 'crs') ?? '';
    // QGIS writes zeros, or the largest and smallest number there is, where nobody gave an extent
    if ([west, south, east, north].every((side) => side === 0 || Math.abs(side) > 1e300)) continue;
    if (crs !== '' && !isGeographic(crs)) into.warnings.push(`box-projected:${crs.slice(0, 60)}`);
    else into.boxes.push({ readings: [{ box: [west, south, east, north] }] });
  }
  const temporal = child(extent, 'temporal');
  for (const period of temporal ? children(temporal, 'period') : [])
    into.periods.push({ start: child(period, 'start')?.text ?? null, end: child(period, 'end')?.text ?? null });
  for (const instant of temporal ? children(temporal, 'instant') : [])
    into.periods.push({ start: instant.text, end: instant.text });
}
