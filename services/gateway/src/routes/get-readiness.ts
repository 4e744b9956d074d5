import { z } from 'zod';
import type { Route } from '../context.ts';
import { answer, operation, refusals } from '../operation.ts';
import { GatewayProblem } from '../problem.ts';

const readinessSchema = z.object({ status: z.literal('ready') }).meta({ id: 'Readiness' });

export const getReadiness: Route = (app, { pipeline, patience }) => {
  app.route({
    method: 'GET',
    url: '/readyz',
    schema: {
      ...operation({ id: 'getReadiness', tag: 'operation', summary: 'Whether requests can be served' }),
      response: { 200: answer(readinessSchema, 'Redis answers.'), ...refusals('open', 'REDIS_AWAY') },
    },
    async handler(_, reply) {
      if (await patience.quick(() => pipeline.ping())) return await reply.send({ status: 'ready' });
      throw new GatewayProblem('REDIS_AWAY', 'Redis does not answer; try again soon.');
    },
  });
};
