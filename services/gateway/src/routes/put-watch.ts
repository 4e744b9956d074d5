import { putWatchSchema, watchIdSchema, watchSchema } from '@geosluice/gateway-api';
import { formatLocation } from '@geosluice/jobs';
import { z } from 'zod';
import type { Route } from '../context.ts';
import { answer, operation, refusals } from '../operation.ts';
import { readWatched } from '../read-watched.ts';

export const putWatch: Route = (app, { pipeline, patience, allowed, target }) => {
  app.route({
    method: 'PUT',
    url: '/v1/watches/:id',
    config: { scope: 'admin' },
    schema: {
      ...operation(
        {
          id: 'putWatch',
          tag: 'watches',
          summary: 'Create or replace a watch',
          description: 'A repeated listing of a prefix; its datasets belong to the ingestion of the same id.',
        },
        'admin',
      ),
      params: z.object({ id: watchIdSchema }),
      body: putWatchSchema,
      response: {
        200: answer(watchSchema, 'Replaced.'),
        201: answer(watchSchema, 'Created; the first listing begins at once.'),
        ...refusals('body', 'SOURCE_NOT_ALLOWED', 'WATCH_CONTAINS_OUTPUT', 'WATCH_INVALID'),
      },
    },
    async handler({ params: { id }, body }, reply) {
      const source = readWatched(body, { allowed, target });
      const known = await patience.quick(() => pipeline.watches.list());
      const request = { id, ...body, source: formatLocation(source) };
      const watch = await patience.quick(() => pipeline.watches.put(request));
      const existed = known.some((one) => one.id === id);
      return await reply.status(existed ? 200 : 201).send(watch);
    },
  });
};
