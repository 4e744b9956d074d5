import { at, child, children, descendants, type XmlElement } from '@geosluice/xml';
import { type Collected, nothingCollected, say, type Term } from '../collected.ts';
import { degrees } from '../values/box.ts';
import { roleTerm } from './iso-roles.ts';
import { linkOf, localesOf, localised, valueIn, valuesIn } from './iso-values.ts';

const DATES: Readonly<Record<string, Term>> = { publication: 'issued', creation: 'created', revision: 'modified' };

/** ISO 19139 (gmd, gmi) and 19115-3 (mdb): the same local names almost everywhere, so one reader by local names. */
export function readIso(root: XmlElement): Collected {
  const into = nothingCollected();
  const locales = localesOf(root);
  const info = child(root, 'identificationInfo')?.children[0];
  say(
    into,
    'identifier',
    valueIn(child(root, 'fileIdentifier')) ?? valueIn(at(root, 'metadataIdentifier', 'MD_Identifier', 'code')),
  );
  say(into, 'relation', valueIn(child(root, 'parentIdentifier')));
  const level =
    valueIn(child(root, 'hierarchyLevel')) ?? valueIn(at(root, 'metadataScope', 'MD_MetadataScope', 'resourceScope'));
  say(into, 'type', level);
  if (info) {
    readCitation(into, at(info, 'citation', 'CI_Citation'), locales);
    for (const { text, lang } of localised(child(info, 'abstract'), locales)) say(into, 'abstract', text, { lang });
    say(
      into,
      'language',
      valueIn(child(info, 'language')) ?? valueIn(at(info, 'defaultLocale', 'PT_Locale', 'language')),
    );
    readKeywords(into, info);
    for (const contact of children(info, 'pointOfContact')) readContact(into, contact);
    readConstraints(into, info);
    readExtents(into, info);
  }
  readRest(into, root);
  return into;
}

function readCitation(into: Collected, citation: XmlElement | undefined, locales: ReadonlyMap<string, string>): void {
  if (!citation) return;
  for (const { text, lang } of localised(child(citation, 'title'), locales)) say(into, 'title', text, { lang });
  for (const title of valuesIn(citation, 'alternateTitle')) say(into, 'alternative', title);
  for (const holder of children(citation, 'date')) {
    const date = child(holder, 'CI_Date');
    const kind = valueIn(date && child(date, 'dateType')) ?? '';
    say(into, DATES[kind] ?? 'date', valueIn(date && child(date, 'date')));
  }
  for (const identifier of children(citation, 'identifier'))
    say(into, 'identifier', valueIn(child(identifier.children[0] ?? identifier, 'code')));
  for (const contact of children(citation, 'citedResponsibleParty')) readContact(into, contact);
}

function readKeywords(into: Collected, info: XmlElement): void {
  for (const holder of children(info, 'descriptiveKeywords')) {
    const group = child(holder, 'MD_Keywords');
    const kind = valueIn(group && child(group, 'type'));
    for (const keyword of valuesIn(group, 'keyword'))
      say(into, kind === 'place' ? 'place' : 'subject', keyword, { whole: true });
  }
  for (const topic of valuesIn(info, 'topicCategory')) say(into, 'subject', topic, { whole: true });
}

function readContact(into: Collected, holder: XmlElement): void {
  const party = child(holder, 'CI_ResponsibleParty') ?? child(holder, 'CI_Responsibility');
  if (!party) return;
  const name =
    valueIn(child(party, 'organisationName')) ??
    valueIn(at(party, 'party', 'CI_Organisation', 'name')) ??
    valueIn(child(party, 'individualName')) ??
    valueIn(at(party, 'party', 'CI_Individual', 'name'));
  say(into, roleTerm(valueIn(child(party, 'role')) ?? ''), name);
}

function readConstraints(into: Collected, info: XmlElement): void {
  for (const holder of children(info, 'resourceConstraints')) {
    for (const constraints of holder.children) {
      for (const limitation of valuesIn(constraints, 'useLimitation')) say(into, 'rights', limitation);
      const licensed = valuesIn(constraints, 'useConstraints').some((code) => /^licen[cs]e/i.test(code));
      for (const other of children(constraints, 'otherConstraints')) {
        const text = valueIn(other);
        if (licensed) say(into, 'license', linkOf(other) ?? text);
        if (!licensed || linkOf(other) !== undefined) say(into, 'rights', text);
      }
    }
  }
}

function readExtents(into: Collected, info: XmlElement): void {
  for (const holder of children(info, 'extent')) {
    const extent = child(holder, 'EX_Extent');
    if (!extent) continue;
    say(into, 'place', valueIn(child(extent, 'description')));
    for (const code of descendants(extent, 'geographicIdentifier'))
      say(into, 'place', valueIn(child(code.children[0] ?? code, 'code')));
    for (const box of descendants(extent, 'EX_GeographicBoundingBox')) {
      const side = (name: string) => degrees(valueIn(child(box, name)));
      into.boxes.push({
        readings: [
          {
            box: [
              side('westBoundLongitude'),
              side('southBoundLatitude'),
              side('eastBoundLongitude'),
              side('northBoundLatitude'),
            ],
          },
        ],
      });
    }
    for (const time of descendants(extent, 'EX_TemporalExtent')) readTime(into, time);
  }
}

function readTime(into: Collected, time: XmlElement): void {
  const [start, end, instant] = [['beginPosition', 'begin'], ['endPosition', 'end'], ['TimeInstant']].map((names) => {
    const found = [...descendants(time)].find((each) => names.includes(each.local));
    const texts = found ? [found, ...descendants(found)].map((each) => each.text.trim()) : [];
    return texts.find((text) => text !== '') ?? null;
  });
  if (start || end) into.periods.push({ start: start ?? null, end: end ?? null });
  else if (instant) into.periods.push({ start: instant, end: instant });
}

function readRest(into: Collected, root: XmlElement): void {
  for (const lineage of descendants(root, 'LI_Lineage')) say(into, 'source', valueIn(child(lineage, 'statement')));
  for (const distribution of children(root, 'distributionInfo')) {
    for (const format of descendants(distribution, 'MD_Format'))
      say(
        into,
        'format',
        valueIn(child(format, 'name')) ?? valueIn(at(format, 'formatSpecificationCitation', 'CI_Citation', 'title')),
      );
    for (const online of descendants(distribution, 'CI_OnlineResource'))
      say(into, 'relation', valueIn(child(online, 'linkage')));
  }
  for (const system of children(root, 'referenceSystemInfo'))
    for (const code of descendants(system, 'code')) into.crs.push(valueIn(code) ?? '');
}
