import { at, children, type XmlElement } from '@geosluice/xml';
import { type Collected, nothingCollected, say, type Term } from '../collected.ts';
import { degrees } from '../values/box.ts';

/** FGDC CSDGM (https://www.fgdc.gov/metadata/csdgm/): `metadata/idinfo`. */
export function readFgdc(root: XmlElement): Collected {
  const into = nothingCollected();
  const text = (...path: string[]) => at(root, 'idinfo', ...path)?.text;
  say(into, 'title', text('citation', 'citeinfo', 'title'));
  say(into, 'issued', known(text('citation', 'citeinfo', 'pubdate')));
  say(into, 'publisher', text('citation', 'citeinfo', 'pubinfo', 'publish'));
  say(into, 'abstract', text('descript', 'abstract'));
  say(into, 'type', text('citation', 'citeinfo', 'geoform'));
  all(into, root, 'creator', ['idinfo', 'citation', 'citeinfo'], 'origin');
  all(into, root, 'relation', ['idinfo', 'citation', 'citeinfo'], 'onlink');
  all(into, root, 'contributor', ['idinfo'], 'datacred');
  all(into, root, 'rights', ['idinfo'], 'accconst');
  all(into, root, 'rights', ['idinfo'], 'useconst');
  keywords(into, root);
  time(into, root);
  const side = (name: string) => degrees(text('spdom', 'bounding', name));
  if (at(root, 'idinfo', 'spdom', 'bounding'))
    into.boxes.push({ readings: [{ box: [side('westbc'), side('southbc'), side('eastbc'), side('northbc')] }] });
  return into;
}

function all(into: Collected, root: XmlElement, term: Term, path: string[], local: string): void {
  const parent = at(root, ...path);
  if (parent) for (const element of children(parent, local)) say(into, term, known(element.text));
}

function keywords(into: Collected, root: XmlElement): void {
  const groups = at(root, 'idinfo', 'keywords')?.children ?? [];
  for (const group of groups)
    for (const key of group.children) {
      const whole = { whole: true };
      if (key.local === 'placekey') say(into, 'place', key.text);
      else if (/^(theme|strat|temp)key$/.test(key.local)) say(into, 'subject', known(key.text), whole);
    }
}

function time(into: Collected, root: XmlElement): void {
  const info = at(root, 'idinfo', 'timeperd', 'timeinfo');
  if (!info) return;
  const range = at(info, 'rngdates');
  const dates = range
    ? [at(range, 'begdate')?.text, at(range, 'enddate')?.text]
    : [at(info, 'sngdate', 'caldate')?.text, at(info, 'sngdate', 'caldate')?.text];
  const [start, end] = dates.map((date) => known(date) ?? null);
  if (start || end) into.periods.push({ start: start ?? null, end: end ?? null });
}

/** The standard's words for a value nobody has. */
function known(text: string | undefined): string | undefined {
  return text && /^\s*(unknown|none|unpublished material|n\/?a|not available)?\.?\s*$/i.test(text) ? undefined : text;
}
