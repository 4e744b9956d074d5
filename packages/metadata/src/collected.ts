/** Terms of DCMI, as far as DatasetMetadata has a place for them. Refinements of relation are told as `relation`. */
export type Term =
  | 'title'
  | 'alternative'
  | 'description'
  | 'abstract'
  | 'subject'
  | 'creator'
  | 'publisher'
  | 'contributor'
  | 'date'
  | 'issued'
  | 'created'
  | 'modified'
  | 'coverage'
  | 'spatial'
  | 'temporal'
  | 'place'
  | 'type'
  | 'format'
  | 'identifier'
  | 'source'
  | 'language'
  | 'relation'
  | 'rights'
  | 'license';

/** One value a document gives for a term, as it stands there. */
export interface Statement {
  term: Term;
  text: string;
  /** xml:lang, where it is given on the element or around it. */
  lang?: string | undefined;
  /** Local name of xsi:type or rdf:datatype, e.g. `Box`, `W3CDTF`. */
  scheme?: string | undefined;
  /** From the dcterms namespace, which beats the older one where only one value can be kept. */
  refined?: boolean;
  /** Already one keyword: not to be split on semicolons. */
  whole?: boolean;
}

/** [west, south, east, north] as one way to read four numbers, and what to warn of where it is taken. */
export interface Reading {
  box: readonly [number, number, number, number];
  warning?: string;
}

/** A bounding box as a document gives it; ambiguous ones have several readings, the likeliest first. */
export interface BoxCandidate {
  readings: Reading[];
  /** Take no reading unless it meets the raster's extent; then warn of this. */
  onlyWithRaster?: string;
}

/** What a dialect's reader found, before texts, dates and boxes are made sense of. */
export interface Collected {
  statements: Statement[];
  boxes: BoxCandidate[];
  /** Raw text of start and end; null where open. */
  periods: Array<{ start: string | null; end: string | null }>;
  /** Reference systems the document names, as written. */
  crs: string[];
  warnings: string[];
}

export function nothingCollected(): Collected {
  return { statements: [], boxes: [], periods: [], crs: [], warnings: [] };
}

/** Adds a value unless it is blank. */
export function say(into: Collected, term: Term, text: string | undefined, more: Partial<Statement> = {}): void {
  if (text !== undefined && text.trim() !== '') into.statements.push({ ...more, term, text });
}

/** Most values of one kind that are made sense of; far above what a document keeps. */
const MANY = 1000;

/** Statements of some terms, those of dcterms first. */
export function textsOf(statements: readonly Statement[], terms: readonly Term[]): Statement[] {
  const found = statements.filter((each) => terms.includes(each.term));
  return [...found.filter((each) => each.refined), ...found.filter((each) => !each.refined)].slice(0, MANY);
}

/** Non-empty values, each once, in their order. */
export function unique(values: readonly string[]): string[] {
  return [...new Set(values)].filter((value) => value !== '');
}
