import assert from 'node:assert/strict';
import { readXml, type XmlElement } from '@geosluice/xml';
import type { GeonodeServer } from '../counterparts/geonode.ts';

/** What GeoNode's catalogue can give a dataset as. */
export const CSW_SCHEMAS = {
  'Dublin Core': 'http://www.opengis.net/cat/csw/2.0.2',
  'ISO 19139': 'http://www.isotc211.org/2005/gmd',
} as const;

/** Elements that are one thing as a whole. */
const WHOLE = new Set(['contact', 'citedResponsibleParty', 'CI_OnlineResource', 'keyword']);

/**
 * A dataset as GeoNode's catalogue gives it to whoever asks: a line an element that has text or attributes, with where it stands,
 * one for each contact and link as a whole; sorted. Ids, names and times are written out of it.
 */
export async function cswRecordOf(
  geonode: Pick<GeonodeServer, 'url' | 'user' | 'password'>,
  { workspace, name }: { workspace: string; name: string },
  schema: string,
): Promise<string[]> {
  const authorization = `Basic ${Buffer.from(`${geonode.user}:${geonode.password}`).toString('base64')}`;
  const query = new URLSearchParams({ 'filter{alternate}': `${workspace}:${name}` });
  const found = await fetch(`${geonode.url}/api/v2/datasets?${query}`, { headers: { authorization } });
  const { datasets } = (await found.json()) as { datasets: Array<{ pk: string; uuid: string }> };
  assert.equal(datasets.length, 1);
  const [{ pk, uuid } = { pk: '', uuid: '' }] = datasets;
  const asked = new URLSearchParams({
    ...{ service: 'CSW', version: '2.0.2', request: 'GetRecordById' },
    ...{ id: uuid, elementsetname: 'full', outputschema: schema },
  });
  const answer = await fetch(`${geonode.url}/catalogue/csw?${asked}`);
  assert.equal(answer.status, 200);
  const text = (await answer.text())
    .replaceAll(uuid, 'UUID')
    .replaceAll(name, 'NAME')
    .replaceAll(new RegExp(`(?<=/)${pk}(?![\\w./])`, 'g'), 'PK')
    .replaceAll(/\d{4}-\d\d-\d\d([T ]\d\d:\d\d:\d\d[^<\s]*|(?=<))/g, 'WHEN');
  return linesOf(readXml(text), '').toSorted();
}

function linesOf(element: XmlElement, above: string): string[] {
  const path = `${above}/${element.local}`;
  if (WHOLE.has(element.local)) return [`${path}: ${saidIn(element).join(' | ')}`];
  const own = ownOf(element);
  return [
    ...(own.length === 0 ? [] : [`${path}: ${own.join(' | ')}`]),
    ...element.children.flatMap((child) => linesOf(child, path)),
  ];
}

function saidIn(element: XmlElement): string[] {
  return [...ownOf(element), ...element.children.flatMap(saidIn)];
}

function ownOf({ text, attributes }: XmlElement): string[] {
  const values = attributes.map(({ local, value }) => `${local}=${value}`);
  return text.trim() === '' ? values : [...values, text.trim()];
}
