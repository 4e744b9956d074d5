import { at, attribute, child, children, descendants, type XmlElement } from '@geosluice/xml';
import { type Collected, nothingCollected, say } from '../collected.ts';
import { degrees } from '../values/box.ts';
import { oneLine, plainText } from '../values/text.ts';
import { roleTerm } from './iso-roles.ts';

/** ArcGIS metadata: `metadata/dataIdInfo`, as `.tif.xml` holds it. Texts are HTML in escaped form. */
export function readEsri(root: XmlElement): Collected {
  const into = nothingCollected();
  const info = child(root, 'dataIdInfo');
  if (!info) return into;
  readCitation(into, info);
  say(into, 'abstract', child(info, 'idAbs')?.text);
  say(into, 'source', stripped(child(info, 'idPurp')));
  say(into, 'contributor', stripped(child(info, 'idCredit')));
  const language = at(info, 'dataLang', 'languageCode');
  say(into, 'language', language && attribute(language, 'value'));
  for (const group of info.children) {
    const place = group.local === 'placeKeys';
    // searchKeys, themeKeys, discKeys, tempKeys …
    if (/Keys$/.test(group.local))
      for (const keyword of children(group, 'keyword'))
        say(into, place ? 'place' : 'subject', keyword.text, { whole: !/;/.test(keyword.text) });
  }
  for (const contact of children(info, 'idPoC')) readContact(into, contact);
  for (const limit of descendants(info))
    if (limit.local === 'useLimit' || limit.local === 'othConsts') say(into, 'rights', stripped(limit));
  readExtents(into, info);
  return into;
}

function readCitation(into: Collected, info: XmlElement): void {
  const citation = child(info, 'idCitation');
  if (!citation) return;
  say(into, 'title', child(citation, 'resTitle')?.text);
  for (const title of children(citation, 'resAltTitle')) say(into, 'alternative', title.text);
  const date = (name: string) => at(citation, 'date', name)?.text;
  say(into, 'issued', date('pubDate'));
  say(into, 'created', date('createDate'));
  say(into, 'modified', date('reviseDate'));
  for (const contact of children(citation, 'citRespParty')) readContact(into, contact);
}

function readContact(into: Collected, contact: XmlElement): void {
  const role = at(contact, 'role', 'RoleCd');
  const name = child(contact, 'rpOrgName')?.text.trim() || child(contact, 'rpIndName')?.text;
  say(into, roleTerm((role && attribute(role, 'value')) ?? ''), name);
}

function readExtents(into: Collected, info: XmlElement): void {
  for (const extent of children(info, 'dataExt')) {
    say(into, 'place', child(extent, 'exDesc')?.text);
    for (const box of descendants(extent, 'GeoBndBox')) {
      const side = (name: string) => degrees(child(box, name)?.text);
      const candidate = {
        readings: [{ box: [side('westBL'), side('southBL'), side('eastBL'), side('northBL')] as const }],
      };
      // the box made for search is in degrees always
      into.boxes[attribute(box, 'esriExtentType') === 'search' ? 'unshift' : 'push'](candidate);
    }
    for (const time of descendants(extent, 'TM_Period'))
      into.periods.push({ start: child(time, 'tmBegin')?.text ?? null, end: child(time, 'tmEnd')?.text ?? null });
    for (const time of descendants(extent, 'tmPosition')) into.periods.push({ start: time.text, end: time.text });
  }
}

function stripped(element: XmlElement | undefined): string | undefined {
  return element && oneLine(plainText(element.text));
}
