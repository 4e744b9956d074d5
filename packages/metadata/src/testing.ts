import { readFileSync } from 'node:fs';
import type { DatasetMetadata } from '@geosluice/jobs';
import { readSidecar, type SidecarContext } from './read-sidecar.ts';

const PREFIXES =
  'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dct="http://purl.org/dc/terms/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"';
const RDF_PREFIXES = `${PREFIXES} xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:rdfs="http://www.w3.org/2000/01/rdf-schema#" xmlns:dcat="http://www.w3.org/ns/dcat#" xmlns:foaf="http://xmlns.com/foaf/0.1/" xmlns:skos="http://www.w3.org/2004/02/skos/core#" xmlns:locn="http://www.w3.org/ns/locn#"`;

/** For tests: a fixed day, so that no date becomes past while the tests age. */
export const NOW = new Date('2026-06-01T00:00:00Z');

/** For tests: reads text as a sidecar. */
export function readText(text: string, context: Partial<SidecarContext> = {}): DatasetMetadata {
  return readSidecar(Buffer.from(text), { name: 'x.xml', now: NOW, ...context });
}

/** For tests: reads children with the prefixes dc, dct and xsi. */
export function readDc(children: string, context: Partial<SidecarContext> = {}): DatasetMetadata {
  return readText(`<record ${PREFIXES}>${children}</record>`, context);
}

/** For tests: reads nodes of an RDF document. */
export function readRdfText(nodes: string, context: Partial<SidecarContext> = {}): DatasetMetadata {
  return readText(`<rdf:RDF ${RDF_PREFIXES}>${nodes}</rdf:RDF>`, context);
}

/** For tests: the page that explains what this package does. */
export function documentation(): string {
  return readFileSync(new URL('../../../docs/metadata.md', import.meta.url), 'utf8');
}

/** For tests: the codes of all warnings in the page's table. */
export function documentedWarnings(): ReadonlySet<string> {
  const page = documentation();
  const table = page.slice(page.indexOf('## Warnings'), page.indexOf('## Refusals'));
  const cells = [...table.matchAll(/^\| (`.*?) \|/gm)].map((match) => match[1] ?? '');
  return new Set(cells.flatMap((cell) => [...cell.matchAll(/`([a-z-]+)/g)].map((match) => match[1] ?? '')));
}

/** For tests: a warning without what it is about. */
export function warningCode(warning: string): string {
  return /^[a-z-]+/.exec(warning)?.[0] ?? warning;
}
