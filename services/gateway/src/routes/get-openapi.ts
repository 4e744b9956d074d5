import { z } from 'zod';
import type { Route } from '../context.ts';
import { answer, operation, refusals } from '../operation.ts';

export const getOpenapi: Route = (app) => {
  app.route({
    method: 'GET',
    url: '/openapi.json',
    schema: {
      ...operation({ id: 'getOpenapi', tag: 'operation', summary: 'This document' }),
      response: { 200: answer(z.record(z.string(), z.unknown()), 'OpenAPI 3.1.'), ...refusals('open') },
    },
    handler: async (_, reply) => await reply.send({ ...app.swagger() }),
  });
};
