import { replayedSchema, replaySchema } from '@geosluice/gateway-api';
import type { Route } from '../context.ts';
import { given } from '../given.ts';
import { answer, operation, refusals } from '../operation.ts';

export const replayDeadLetters: Route = (app, { pipeline, patience }) => {
  app.route({
    method: 'POST',
    url: '/v1/dead-letters/replay',
    config: { scope: 'ingest' },
    schema: {
      ...operation(
        {
          id: 'replayDeadLetters',
          tag: 'dead letters',
          summary: 'Replay some or all',
          description: 'Filters may be combined; `{}` replays every dead letter.',
        },
        'ingest',
      ),
      body: replaySchema,
      response: { 202: answer(replayedSchema, 'How many start again.'), ...refusals('body') },
    },
    async handler({ body }, reply) {
      const replayed = await patience.long(() => pipeline.deadLetters.replay(given(body)));
      return await reply.status(202).send({ replayed });
    },
  });
};
