import { datasetHistorySchema } from '@geosluice/gateway-api';
import type { Route } from '../context.ts';
import { maskEntry } from '../mask.ts';
import { answer, operation, refusals } from '../operation.ts';
import { datasetParamsSchema, readDataset } from '../read-dataset.ts';

export const getDataset: Route = (app, context) => {
  const { pipeline, patience } = context;
  app.route({
    method: 'GET',
    url: '/v1/datasets/:id',
    config: { scope: 'read' },
    schema: {
      ...operation({ id: 'getDataset', tag: 'datasets', summary: 'One dataset with its history' }, 'read'),
      params: datasetParamsSchema,
      response: { 200: answer(datasetHistorySchema, 'The dataset.'), ...refusals('keyed', 'DATASET_UNKNOWN') },
    },
    async handler({ params }, reply) {
      const entry = await readDataset(params.id, context);
      const steps = await patience.quick(() => pipeline.ledger.steps(params.id));
      return await reply.send({ ...maskEntry(entry), steps });
    },
  });
};
