import { statusSchema } from '@geosluice/gateway-api';
import type { Route } from '../context.ts';
import { answer, operation, refusals } from '../operation.ts';

export const getStatus: Route = (app, { pipeline, patience, version }) => {
  app.route({
    method: 'GET',
    url: '/v1/status',
    config: { scope: 'read' },
    schema: {
      ...operation({ id: 'getStatus', tag: 'status', summary: 'Datasets by state, and the queues' }, 'read'),
      response: { 200: answer(statusSchema, 'The counts.'), ...refusals('keyed') },
    },
    async handler(_, reply) {
      const [datasets, queues] = await patience.quick(() =>
        Promise.all([pipeline.ledger.counts(), pipeline.queues.counts()]),
      );
      return await reply.send({ version, datasets, queues });
    },
  });
};
