import { z } from 'zod';
import { GeoServerError } from './errors.ts';
import type { Answer } from './http.ts';

/** GeoServer's JSON writes text that looks like a number or a boolean as one: a title `2020` comes as 2020. */
const text = z.union([z.string(), z.number(), z.boolean()]).transform(String);
/** A list of one comes as its only member, an empty one as "". */
const listOf = <T extends z.ZodType>(item: T) =>
  z.union([z.literal('').transform(() => []), z.array(item), item.transform((one) => [one])]);
const number = z.union([z.number(), z.string().transform(Number)]);
/** `{"@class": …, "$": …}` or plain text. */
const valued = z.union([text, z.object({ $: text }).transform((value) => value.$)]);

/** `nullValues` are in no recording; GeoServer may write one number, a list, or nothing. */
const dimension = z.object({
  name: text,
  nullValues: z
    .union([z.literal('').transform(() => ({ double: [] })), z.object({ double: listOf(number) })])
    .optional()
    .catch(undefined),
  dimensionType: z.object({ name: text }).optional().catch(undefined),
});

const box = z.object({ minx: number, maxx: number, miny: number, maxy: number });

export const storeSchema = z.object({
  coverageStore: z.object({
    name: text,
    type: text.optional(),
    enabled: z.boolean().optional(),
    description: text.optional(),
    url: text.optional(),
  }),
});
export type StoreState = z.infer<typeof storeSchema>['coverageStore'];

export const coverageSchema = z.object({
  coverage: z.object({
    name: text,
    title: text.optional(),
    abstract: text.optional(),
    keywords: z.union([z.literal('').transform(() => ({ string: [] })), z.object({ string: listOf(text) })]).optional(),
    metadataLinks: z
      .union([
        z.literal('').transform(() => ({ metadataLink: [] })),
        z.object({ metadataLink: listOf(z.object({ content: text.optional() })) }),
      ])
      .optional(),
    nativeCRS: valued.optional(),
    srs: text.optional(),
    projectionPolicy: text.optional(),
    nativeBoundingBox: box.optional(),
    latLonBoundingBox: box.optional(),
    enabled: z.boolean().optional(),
    advertised: z.boolean().optional(),
    store: z.object({ name: text }).optional(),
    grid: z.object({ range: z.object({ high: text }).optional() }).optional(),
    dimensions: z.object({ coverageDimension: listOf(dimension) }).optional(),
    nativeCoverageName: text.optional(),
  }),
});
export type CoverageState = z.infer<typeof coverageSchema>['coverage'];

export const layerSchema = z.object({
  layer: z.object({
    name: text,
    /** `RASTER` of a coverage's. */
    type: text.optional(),
    defaultStyle: z.object({ name: text, workspace: text.optional() }).optional(),
  }),
});
export type LayerState = z.infer<typeof layerSchema>['layer'];

export const versionSchema = z.object({
  about: z.object({ resource: listOf(z.object({ '@name': text, Version: text.optional() })) }),
});

/** @throws GeoServerError GEOSERVER_ANSWER where the answer has another shape */
export function parseAnswer<T>(schema: z.ZodType<T>, answer: Answer, layer?: string): T {
  let document: unknown;
  try {
    document = JSON.parse(answer.text);
  } catch (cause) {
    throw new GeoServerError('GEOSERVER_ANSWER', `GeoServer answered no JSON but ${answer.type || 'nothing'}`, {
      layer,
      node: answer.node,
      cause,
    });
  }
  const parsed = schema.safeParse(document);
  if (parsed.success) return parsed.data;
  throw new GeoServerError('GEOSERVER_ANSWER', `unexpected answer: ${z.prettifyError(parsed.error)}`, {
    layer,
    node: answer.node,
    cause: parsed.error,
  });
}
