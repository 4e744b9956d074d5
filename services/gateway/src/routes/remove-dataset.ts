import { datasetSchema, removeQuerySchema } from '@geosluice/gateway-api';
import type { Route } from '../context.ts';
import { maskEntry } from '../mask.ts';
import { answer, operation, refusals } from '../operation.ts';
import { datasetParamsSchema, readDataset } from '../read-dataset.ts';

export const removeDataset: Route = (app, context) => {
  const { pipeline, patience } = context;
  app.route({
    method: 'DELETE',
    url: '/v1/datasets/:id',
    config: { scope: 'admin' },
    schema: {
      ...operation(
        {
          id: 'removeDataset',
          tag: 'datasets',
          summary: 'Remove a dataset',
          description: 'From GeoNode, then from GeoServer, then (`mode=delete`) from the object store.',
        },
        'admin',
      ),
      params: datasetParamsSchema,
      querystring: removeQuerySchema,
      response: {
        202: answer(datasetSchema, 'Removal has begun.'),
        ...refusals('keyed', 'DATASET_UNKNOWN', 'FIELDS_INVALID'),
      },
    },
    async handler({ params, query }, reply) {
      await readDataset(params.id, context);
      await patience.quick(() => pipeline.remove(params.id, query.mode));
      return await reply.status(202).send(maskEntry(await readDataset(params.id, context)));
    },
  });
};
