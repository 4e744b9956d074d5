import { datasetPageSchema, datasetQuerySchema } from '@geosluice/gateway-api';
import type { Route } from '../context.ts';
import { given } from '../given.ts';
import { maskEntry } from '../mask.ts';
import { answer, operation, refusals } from '../operation.ts';

export const listDatasets: Route = (app, { pipeline, patience }) => {
  app.route({
    method: 'GET',
    url: '/v1/datasets',
    config: { scope: 'read' },
    schema: {
      ...operation(
        {
          id: 'listDatasets',
          tag: 'datasets',
          summary: 'Datasets, newest first',
          description: 'Filters may be combined. A page may hold fewer entries than asked for and still have a cursor.',
        },
        'read',
      ),
      querystring: datasetQuerySchema,
      response: {
        200: answer(datasetPageSchema, 'A page of datasets.'),
        ...refusals('keyed', 'FIELDS_INVALID', 'CURSOR_INVALID'),
      },
    },
    async handler({ query }, reply) {
      const page = await patience.quick(() => pipeline.ledger.list(given({ limit: 50, ...query })));
      return await reply.send({ datasets: page.entries.map(maskEntry), cursor: page.cursor });
    },
  });
};
