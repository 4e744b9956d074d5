import { at, attribute, readXml, textOf } from '@geosluice/xml';

/** The `code: text` of a WMS or OWS exception document, which GeoServer sends with HTTP 200; null where it is none. */
export function exceptionOf(document: string): string | null {
  try {
    const root = readXml(document, { maxBytes: 256 * 1024, allowExternalDoctype: ['ServiceExceptionReport'] });
    const found = at(root, 'ServiceException') ?? at(root, 'Exception');
    if (found === undefined) return null;
    const code = attribute(found, 'code') ?? attribute(found, 'exceptionCode') ?? '';
    const text = textOf(found).replace(/\s+/g, ' ').slice(0, 300);
    return code === '' ? text : `${code}: ${text}`;
  } catch {
    return null;
  }
}
