import { attribute, type XmlElement } from '@geosluice/xml';
import { type Collected, nothingCollected, say, type Term } from '../collected.ts';
import { isDcTerms, isDublinCore, NS } from '../namespaces.ts';
import { readCoverage } from '../values/coverage.ts';
import { langOf, richText } from './element-text.ts';

/** Local names of DCMI's elements and terms, in lower case, and the term each is kept as. */
const TERMS: ReadonlyMap<string, Term> = new Map<string, Term>([
  ...(
    ['title', 'alternative', 'description', 'abstract', 'subject', 'creator', 'publisher', 'contributor'] as const
  ).map((term) => [term, term] as const),
  ...(['date', 'issued', 'created', 'modified', 'coverage', 'spatial', 'temporal', 'type', 'format'] as const).map(
    (term) => [term, term] as const,
  ),
  ...(['identifier', 'source', 'language', 'relation', 'rights', 'license'] as const).map(
    (term) => [term, term] as const,
  ),
  ['available', 'date'],
  ['datesubmitted', 'date'],
  ['dateaccepted', 'date'],
  ['datecopyrighted', 'date'],
  ['medium', 'format'],
  ['provenance', 'source'],
  ['accessrights', 'rights'],
  ['rightsholder', 'rights'],
  ['bibliographiccitation', 'identifier'],
  ...[
    'conformsto',
    'haspart',
    'hasversion',
    'hasformat',
    'ispartof',
    'isversionof',
    'isformatof',
    'isreferencedby',
    'isreplacedby',
    'isrequiredby',
    'references',
    'replaces',
    'requires',
  ].map((name) => [name, 'relation'] as const),
]);

/** The term a local name stands for; undefined for names DCMI does not have. */
export function termOf(local: string): Term | undefined {
  return TERMS.get(local.toLowerCase());
}

/** True for an element of a Dublin Core namespace that holds a term. */
export function isTerm(element: XmlElement): boolean {
  return isDublinCore(element.namespace) && termOf(element.local) !== undefined;
}

/** Reads the children of one element that are Dublin Core, by namespace; others are left alone. */
export function readDublinCore(parent: XmlElement): Collected {
  return collect(parent, (element) => isDublinCore(element.namespace));
}

/** Reads children without a namespace by their local names, with a warning. */
export function readPlain(parent: XmlElement): Collected {
  const into = collect(parent, (element) => element.namespace === parent.namespace || isDublinCore(element.namespace));
  into.warnings.unshift('no-namespace');
  return into;
}

function collect(parent: XmlElement, accept: (element: XmlElement) => boolean): Collected {
  const into = nothingCollected();
  const outer = langOf(parent);
  for (const element of parent.children) {
    const term = accept(element) ? termOf(element.local) : undefined;
    if (term === undefined) continue;
    const type = attribute(element, 'type', NS.xsi) ?? attribute(element, 'scheme');
    addTerm(into, term, richText(element), {
      lang: langOf(element, outer),
      scheme: type?.slice(type.indexOf(':') + 1),
      refined: isDcTerms(element.namespace),
    });
  }
  return into;
}

/** Adds the value of a term; coverages are taken apart. */
export function addTerm(
  into: Collected,
  term: Term,
  text: string,
  more: { lang?: string | undefined; scheme?: string | undefined; refined?: boolean },
): void {
  if (text.trim() === '') return;
  if (term === 'coverage' || term === 'spatial' || term === 'temporal') readCoverage(into, text, term, more.scheme);
  else say(into, term, text, more);
}
