import { ingestionPageSchema, ingestionQuerySchema } from '@geosluice/gateway-api';
import type { Route } from '../context.ts';
import { given } from '../given.ts';
import { maskIngestion } from '../mask.ts';
import { answer, operation, refusals } from '../operation.ts';

export const listIngestions: Route = (app, { pipeline, patience }) => {
  app.route({
    method: 'GET',
    url: '/v1/ingestions',
    config: { scope: 'read' },
    schema: {
      ...operation({ id: 'listIngestions', tag: 'ingestions', summary: 'Ingestions, newest first' }, 'read'),
      querystring: ingestionQuerySchema,
      response: {
        200: answer(ingestionPageSchema, 'A page of ingestions.'),
        ...refusals('keyed', 'FIELDS_INVALID', 'CURSOR_INVALID'),
      },
    },
    async handler({ query }, reply) {
      const page = await patience.quick(() => pipeline.ingestions.list(given({ limit: 20, ...query })));
      return await reply.send({ ingestions: page.ingestions.map(maskIngestion), cursor: page.cursor });
    },
  });
};
