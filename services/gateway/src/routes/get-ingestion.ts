import { ingestionSchema } from '@geosluice/gateway-api';
import { z } from 'zod';
import type { Route } from '../context.ts';
import { maskIngestion } from '../mask.ts';
import { answer, operation, refusals } from '../operation.ts';
import { GatewayProblem } from '../problem.ts';

export const getIngestion: Route = (app, { pipeline, patience }) => {
  app.route({
    method: 'GET',
    url: '/v1/ingestions/:id',
    config: { scope: 'read' },
    schema: {
      ...operation({ id: 'getIngestion', tag: 'ingestions', summary: 'How far an ingestion is' }, 'read'),
      params: z.object({ id: z.string().describe('Of the ingestion; that of a watch is the watch’s.') }),
      response: { 200: answer(ingestionSchema, 'The ingestion.'), ...refusals('keyed', 'INGESTION_UNKNOWN') },
    },
    async handler({ params: { id } }, reply) {
      const ingestion = id.length > 64 ? null : await patience.quick(() => pipeline.ingestions.get(id));
      if (ingestion === null)
        throw new GatewayProblem('INGESTION_UNKNOWN', `no ingestion has the id ${id.slice(0, 64)}`);
      return await reply.send(maskIngestion(ingestion));
    },
  });
};
