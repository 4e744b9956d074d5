import { deadLetterPageSchema, deadLetterQuerySchema } from '@geosluice/gateway-api';
import type { Route } from '../context.ts';
import { given } from '../given.ts';
import { maskDeadLetter } from '../mask.ts';
import { answer, operation, refusals } from '../operation.ts';

export const listDeadLetters: Route = (app, { pipeline, patience }) => {
  app.route({
    method: 'GET',
    url: '/v1/dead-letters',
    config: { scope: 'read' },
    schema: {
      ...operation(
        {
          id: 'listDeadLetters',
          tag: 'dead letters',
          summary: 'What needs a person, newest first',
          description: 'Each with its reason code (docs/reason-codes.md) and a sentence that says what to do.',
        },
        'read',
      ),
      querystring: deadLetterQuerySchema,
      response: {
        200: answer(deadLetterPageSchema, 'A page of dead letters.'),
        ...refusals('keyed', 'FIELDS_INVALID', 'CURSOR_INVALID'),
      },
    },
    async handler({ query }, reply) {
      const page = await patience.quick(() => pipeline.deadLetters.list(given({ limit: 50, ...query })));
      return await reply.send({ deadLetters: page.deadLetters.map(maskDeadLetter), cursor: page.cursor });
    },
  });
};
