import { datasetSchema } from '@geosluice/gateway-api';
import type { Route } from '../context.ts';
import { maskEntry } from '../mask.ts';
import { answer, operation, refusals } from '../operation.ts';
import { datasetParamsSchema, readDataset } from '../read-dataset.ts';

export const retryDataset: Route = (app, context) => {
  const { pipeline, patience } = context;
  app.route({
    method: 'POST',
    url: '/v1/datasets/:id/retry',
    config: { scope: 'ingest' },
    schema: {
      ...operation(
        {
          id: 'retryDataset',
          tag: 'datasets',
          summary: 'Start a dataset again',
          description: 'At inspect, with today’s rules and on a new generation, whatever its state is.',
        },
        'ingest',
      ),
      params: datasetParamsSchema,
      response: { 202: answer(datasetSchema, 'It starts again.'), ...refusals('keyed', 'DATASET_UNKNOWN') },
    },
    async handler({ params }, reply) {
      await readDataset(params.id, context);
      await patience.quick(() => pipeline.retry(params.id));
      return await reply.status(202).send(maskEntry(await readDataset(params.id, context)));
    },
  });
};
