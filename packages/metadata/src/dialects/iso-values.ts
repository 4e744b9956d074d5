import { at, attribute, child, children, descendants, type XmlElement } from '@geosluice/xml';
import { NS } from '../namespaces.ts';

/** The language of a text and its translations. */
export interface Localised {
  text: string;
  lang?: string | undefined;
}

/** The text of a property: gco:CharacterString, gmx:Anchor, a date, or a code list's value. */
export function valueIn(property: XmlElement | undefined): string | undefined {
  if (!property) return undefined;
  for (const inner of property.children) {
    if (inner.local === 'PT_FreeText') continue;
    const text = inner.text.trim() || attribute(inner, 'codeListValue')?.trim();
    if (text) return text;
  }
  return property.text.trim() || undefined;
}

/** Texts of all properties of one name at the end of a path. */
export function valuesIn(parent: XmlElement | undefined, local: string): string[] {
  return parent
    ? children(parent, local)
        .map(valueIn)
        .filter((text) => text !== undefined)
    : [];
}

/** The uri of an anchor, where a property holds one. */
export function linkOf(property: XmlElement): string | undefined {
  const anchor = child(property, 'Anchor');
  return anchor && attribute(anchor, 'href', NS.xlink);
}

/** The main text with the document's language, then its translations by locale. */
export function localised(property: XmlElement | undefined, locales: ReadonlyMap<string, string>): Localised[] {
  const main = valueIn(property);
  const found: Localised[] = main === undefined ? [] : [{ text: main, lang: locales.get('') }];
  if (!property) return found;
  for (const group of descendants(property, 'LocalisedCharacterString')) {
    const lang = locales.get((attribute(group, 'locale') ?? '').replace(/^#/, ''));
    if (lang !== undefined && lang !== locales.get('') && group.text.trim() !== '')
      found.push({ text: group.text, lang });
  }
  return found;
}

/** Locale ids to languages; the empty id is the document's own. */
export function localesOf(root: XmlElement): Map<string, string> {
  const locales = new Map<string, string>();
  const own = valueIn(child(root, 'language')) ?? valueIn(at(root, 'defaultLocale', 'PT_Locale', 'language'));
  if (own) locales.set('', own);
  for (const holder of [...children(root, 'locale'), ...children(root, 'otherLocale')]) {
    const locale = child(holder, 'PT_Locale');
    const id = locale && attribute(locale, 'id');
    const code = locale && (valueIn(child(locale, 'languageCode')) ?? valueIn(child(locale, 'language')));
    if (id && code) locales.set(id, code);
  }
  return locales;
}
