import { watchIdSchema } from '@geosluice/gateway-api';
import { z } from 'zod';
import type { Route } from '../context.ts';
import { answer, operation, refusals } from '../operation.ts';
import { GatewayProblem } from '../problem.ts';

export const removeWatch: Route = (app, { pipeline, patience }) => {
  app.route({
    method: 'DELETE',
    url: '/v1/watches/:id',
    config: { scope: 'admin' },
    schema: {
      ...operation(
        { id: 'removeWatch', tag: 'watches', summary: 'End a watch', description: 'What it found stays.' },
        'admin',
      ),
      params: z.object({ id: z.string().describe('Of the watch.') }),
      response: {
        200: answer(z.object({ id: z.string() }).meta({ id: 'RemovedWatch' }), 'It lists no more.'),
        ...refusals('keyed', 'WATCH_UNKNOWN'),
      },
    },
    async handler({ params: { id } }, reply) {
      const known = watchIdSchema.safeParse(id).success;
      if (known && (await patience.quick(() => pipeline.watches.remove(id)))) return await reply.send({ id });
      throw new GatewayProblem('WATCH_UNKNOWN', `no watch has the id ${id.slice(0, 64)}`);
    },
  });
};
