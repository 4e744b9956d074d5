import type { Described } from './described.ts';

/** What only one of two datasets has, by part, a line each. */
export type Difference = Record<keyof Described, { stock: string[]; ours: string[] }>;

const PARTS: ReadonlyArray<keyof Described> = [
  ...(['fields', 'links', 'contacts', 'permissions', 'keywords', 'regions', 'attributes', 'styles', 'record'] as const),
];

export function differenceOf(stock: Described, ours: Described): Difference {
  return Object.fromEntries(
    PARTS.map((part) => {
      const [theirs, own] = [countedOf(part, stock), countedOf(part, ours)];
      return [part, { stock: only(theirs, own), ours: only(own, theirs) }];
    }),
  ) as Difference;
}

/** A difference that is meant to be. */
interface Meant {
  part: keyof Described;
  has: 'stock' | 'ours';
  line: RegExp;
}

const both = (part: keyof Described, line: RegExp): Meant[] => [
  { part, has: 'stock', line },
  { part, has: 'ours', line },
];

/** Where ours and GeoNode's own ways differ, and why. */
const MEANT: readonly Meant[] = [
  // ours draws them in a task of its own
  ...both('fields', /^thumbnail_(url|path): /),
  { part: 'links', has: 'stock', line: /^Thumbnail / },
  // of that style, and of whichever is the layer's default
  { part: 'links', has: 'stock', line: /^Legend .*&STYLE=NAME&/ },
  { part: 'links', has: 'ours', line: /^Legend .*&STYLE=&/ },
  // known from the raster, of which stock is told nothing
  ...both('fields', /^spatial_representation_type: (None|grid data is used to represent geographic data)$/),
  ...both('fields', /^supplemental_information(_en)?: (No information provided|Raster: .*)$/),
  // stock is told who may read it and not whose it is
  ...both('fields', /^group: (None|surveyors)$/),
  // stock asks GeoServer for a style of the layer's own; ours leaves the one that was published with it
  ...both('fields', /^default_style: (NAME|None)$/),
  { part: 'styles', has: 'stock', line: /^NAME$/ },
  // stock has it from GeoServer alone, where that lists the layer
  { part: 'fields', has: 'stock', line: /^typename: None$/ },
  { part: 'fields', has: 'ours', line: /^typename: \w+:NAME$/ },
  // who is everybody need not be a member
  { part: 'permissions', has: 'stock', line: /^registered-members (download|view)_resourcebase$/ },
  // who owns it is not taken for who made it
  { part: 'contacts', has: 'stock', line: /^originator admin$/ },
  // what the record says of all that
  ...both('record', /Legend|No information provided|Originator|[sS]patialRepresentation|Raster: /),
];

/** What a record of GeoNode's catalogue says of that, a line as `cswRecordOf` gives it. */
const MEANT_IN_RECORDS: Record<'stock' | 'ours', readonly RegExp[]> = {
  stock: [
    /GetLegendGraphic.*&STYLE=NAME&/,
    /\/uploaded\/thumbs\/dataset-UUID-thumb-/,
    /\/contact: .*codeListValue=Originator/,
    /\/supplementalInformation\/CharacterString: No information provided$/,
  ],
  ours: [
    /GetLegendGraphic.*&STYLE=&/,
    /\/spatialRepresentationType\/MD_SpatialRepresentationTypeCode: .*codeListValue=grid/,
    /\/supplementalInformation\/CharacterString: Raster: /,
  ],
};

/** Lines of a record that only `has` has, without being meant to. */
export function unmeantInRecord(lines: readonly string[], has: 'stock' | 'ours'): string[] {
  return lines.filter((line) => !MEANT_IN_RECORDS[has].some((meant) => meant.test(line)));
}

/** What differs without being meant to, `part of whom: line`. */
export function unmeant(difference: Difference): string[] {
  return PARTS.flatMap((part) =>
    (['stock', 'ours'] as const).flatMap((has) =>
      difference[part][has]
        .filter((line) => !MEANT.some((meant) => meant.part === part && meant.has === has && meant.line.test(line)))
        .map((line) => `${part} of ${has}: ${line}`),
    ),
  );
}

/** Lines of a record say the same of several people, so each counts once here; the catalogue's own records are compared as wholes. */
function countedOf(part: keyof Described, described: Described): string[] {
  const lines = linesOf(described[part]);
  return part === 'record' ? [...new Set(lines)] : lines;
}

function linesOf(part: Described[keyof Described]): string[] {
  if (!Array.isArray(part)) return Object.entries(part).map(([name, value]) => `${name}: ${value}`);
  return part.map((one) => (typeof one === 'string' ? one : one.join(' ')));
}

/** What is in these oftener than in those, each as often as that. */
export function only(these: readonly string[], those: readonly string[]): string[] {
  const others = new Map<string, number>();
  for (const one of those) others.set(one, (others.get(one) ?? 0) + 1);
  return these.filter((one) => {
    const left = others.get(one) ?? 0;
    others.set(one, left - 1);
    return left <= 0;
  });
}
