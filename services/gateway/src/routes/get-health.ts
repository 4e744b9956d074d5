import { z } from 'zod';
import type { Route } from '../context.ts';
import { answer, operation, refusals } from '../operation.ts';

const healthSchema = z.object({ status: z.literal('ok'), version: z.string() }).meta({ id: 'Health' });

export const getHealth: Route = (app, { version }) => {
  app.route({
    method: 'GET',
    url: '/healthz',
    schema: {
      ...operation({
        ...{ id: 'getHealth', tag: 'operation', summary: 'Whether the process lives' },
        description: 'Asks nobody else: a gateway whose Redis is away needs no restart.',
      }),
      response: { 200: answer(healthSchema, 'It lives.'), ...refusals('open') },
    },
    handler: async (_, reply) => await reply.send({ status: 'ok', version }),
  });
};
