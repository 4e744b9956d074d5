/** Namespaces by which dialects are told apart; prefixes say nothing. */
export const NS = {
  oaiDc: 'http://www.openarchives.org/OAI/2.0/oai_dc/',
  rdf: 'http://www.w3.org/1999/02/22-rdf-syntax-ns#',
  rdfs: 'http://www.w3.org/2000/01/rdf-schema#',
  dcat: 'http://www.w3.org/ns/dcat#',
  xsi: 'http://www.w3.org/2001/XMLSchema-instance',
  xlink: 'http://www.w3.org/1999/xlink',
} as const;

/** True for DCMI's fifteen elements: version 1.1, the old 1.0, with or without the last slash, http or https. */
export function isDcElements(namespace: string): boolean {
  return /^https?:\/\/purl\.org\/dc\/elements\/1\.[01]\/?$/.test(namespace);
}

export function isDcTerms(namespace: string): boolean {
  return /^https?:\/\/purl\.org\/dc\/terms\/?$/.test(namespace);
}

export function isDublinCore(namespace: string): boolean {
  return isDcElements(namespace) || isDcTerms(namespace);
}

/** CSW 2.0.0, 2.0.2 and 3.0. */
export function isCsw(namespace: string): boolean {
  return /^http:\/\/www\.opengis\.net\/cat\/csw(\/\d(\.\d)*)?$/.test(namespace);
}

/** ISO 19139 (gmd, gmi) and 19115-3 (mdb). */
export function isIso(namespace: string): boolean {
  return namespace === 'http://www.isotc211.org/2005/gmd' || isIso19115p3(namespace) || namespace.includes('/gmi');
}

export function isIso19115p3(namespace: string): boolean {
  return /^https?:\/\/standards\.iso\.org\/iso\/19115\/-3\/mdb\//.test(namespace);
}
