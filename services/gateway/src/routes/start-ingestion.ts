import { idempotencyHeadersSchema, ingestionSchema, startIngestionSchema } from '@geosluice/gateway-api';
import { formatLocation, type IngestOptions } from '@geosluice/jobs';
import type { Ingestion } from '@geosluice/pipeline';
import type { Route } from '../context.ts';
import { maskIngestion } from '../mask.ts';
import { answer, operation, refusals } from '../operation.ts';
import { GatewayProblem } from '../problem.ts';
import { readSources } from '../read-sources.ts';

export const startIngestion: Route = (app, { pipeline, patience, allowed }) => {
  app.route({
    method: 'POST',
    url: '/v1/ingestions',
    config: { scope: 'ingest' },
    schema: {
      ...operation(
        {
          id: 'startIngestion',
          tag: 'ingestions',
          summary: 'Start an ingestion',
          description:
            'A source that ends in `/` is listed, another one is one raster. Sidecars are found by themselves.',
        },
        'ingest',
      ),
      headers: idempotencyHeadersSchema,
      body: startIngestionSchema,
      response: {
        202: answer(ingestionSchema, 'Taken; the header Location says where to look.'),
        ...refusals('body', 'SOURCE_NOT_ALLOWED', 'IDEMPOTENCY_KEY_REUSED'),
      },
    },
    async handler({ body, headers }, reply) {
      const { source, sources: many, options } = body;
      const sources = readSources(many ?? [source ?? ''], many === undefined ? 'source' : 'sources', allowed);
      const key = headers['idempotency-key'];
      const request = { sources, options, ...(key === undefined ? {} : { idempotencyKey: key }) };
      const ingestion = await patience.long(() => pipeline.ingestions.start(request));
      if (key !== undefined && !isOf(ingestion, sources.map(formatLocation), options)) {
        const message =
          'this key stands for an ingestion of other sources or options; use a fresh key for each request';
        throw new GatewayProblem('IDEMPOTENCY_KEY_REUSED', message, { subject: ingestion.id });
      }
      return await reply
        .status(202)
        .header('location', `/v1/ingestions/${ingestion.id}`)
        .send(maskIngestion(ingestion));
    },
  });
};

/** Whether an ingestion is of this request, and not of an earlier one under the same key. */
function isOf(ingestion: Ingestion, uris: readonly string[], options: IngestOptions): boolean {
  return canonical([ingestion.sources, ingestion.options]) === canonical([uris, options]);
}

/** JSON with the keys of objects in order. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
