import { watchListSchema } from '@geosluice/gateway-api';
import type { Route } from '../context.ts';
import { answer, operation, refusals } from '../operation.ts';

export const listWatches: Route = (app, { pipeline, patience }) => {
  app.route({
    method: 'GET',
    url: '/v1/watches',
    config: { scope: 'read' },
    schema: {
      ...operation({ id: 'listWatches', tag: 'watches', summary: 'All watches' }, 'read'),
      response: { 200: answer(watchListSchema, 'The watches, by id.'), ...refusals('keyed') },
    },
    handler: async (_, reply) => await reply.send({ watches: await patience.quick(() => pipeline.watches.list()) }),
  });
};
