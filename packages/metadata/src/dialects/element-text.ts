import { attribute, XML_NAMESPACE, type XmlElement } from '@geosluice/xml';
import { isBlockElement } from '../values/text.ts';

/** All text of an element, real block elements of HTML in it set apart by line ends. */
export function richText(element: XmlElement): string {
  return element.content
    .map((part) => {
      if (typeof part === 'string') return part;
      const inner = richText(part);
      return isBlockElement(part.local) ? `\n${inner}\n` : inner;
    })
    .join('');
}

/** xml:lang of an element; `outer` where it has none. */
export function langOf(element: XmlElement, outer?: string): string | undefined {
  const lang = attribute(element, 'lang', XML_NAMESPACE)?.trim();
  return lang ? lang : outer;
}
