import type { SwaggerOptions } from '@fastify/swagger';
import { createJsonSchemaTransform, createJsonSchemaTransformObject } from 'fastify-type-provider-zod';
import { pruneSchemas } from './prune-schemas.ts';

const TAGS = [
  { name: 'ingestions', description: 'Requests of a person or a watch.' },
  { name: 'datasets', description: 'One raster file and its sidecars.' },
  { name: 'dead letters', description: 'Datasets that need a person.' },
  {
    name: 'watches',
    description: 'Prefixes that are listed again and again, and the notifications that make it fast.',
  },
  { name: 'events', description: 'What changes, as it changes.' },
  { name: 'status', description: 'Counts.' },
  { name: 'operation', description: 'For probes, Prometheus and people; open to all.' },
];

const LOCATION = { schema: { type: 'string' }, description: 'Where to look: the path of the ingestion.' };
const RETRY_AFTER = { schema: { type: 'integer' }, description: 'Seconds.' };

/** What @fastify/swagger needs to write the document from the routes' own schemas. */
export function openapiOptions(version: string): SwaggerOptions {
  const transformObject = createJsonSchemaTransformObject({});
  return {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'geosluice gateway',
        version,
        description:
          'Moves rasters from where they land into GeoServer and GeoNode. Errors are problem documents (RFC 9457).',
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } as { name: string },
      },
      tags: TAGS,
      components: {
        securitySchemes: {
          bearer: { type: 'http', scheme: 'bearer', description: 'A key with scopes: read, ingest, admin.' },
          eventsToken: {
            ...{ type: 'apiKey', in: 'header', name: 'Authorization' },
            description: 'The token of event senders, as it is or as a bearer key; for POST /v1/events/s3 only.',
          },
        },
      },
    },
    transform: createJsonSchemaTransform({}),
    transformObject: (document) => complete(transformObject(document) as Record<string, unknown>) as never,
  };
}

type Responses = Record<string, { headers?: Record<string, unknown> }>;

/** Adds the headers of answers, which the schemas of fastify have no place for, and takes away schemas without use. */
function complete(document: Record<string, unknown>): Record<string, unknown> {
  const paths = document.paths as Record<string, Record<string, { operationId?: string; responses?: Responses }>>;
  for (const path of Object.values(paths)) {
    for (const { operationId, responses = {} } of Object.values(path)) {
      const taken = responses['202'];
      if (operationId === 'startIngestion' && taken !== undefined) taken.headers = { Location: LOCATION };
      const away = responses['503'];
      if (away !== undefined) away.headers = { 'Retry-After': RETRY_AFTER };
    }
  }
  const components = document.components as { schemas: Record<string, unknown> };
  // each schema is written as input and as output; only what a route uses is of interest
  return { ...document, components: { ...components, schemas: pruneSchemas(paths, components.schemas) } };
}
