import { putWatchSchema, watchIdSchema, watchSchema } from '@geosluice/gateway-api';
import { formatLocation, type Location } from '@geosluice/jobs';
import { z } from 'zod';
import type { Route } from '../context.ts';
import { answer, operation, refusals } from '../operation.ts';
import { GatewayProblem } from '../problem.ts';
import { readSources } from '../read-sources.ts';
import { overlapsOutput } from '../watch-output.ts';

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
      const [source] = readSources([body.source], 'source', allowed);
      if (source === undefined) throw new Error('a source was read to nothing');
      checkWatched(source, body.options.name);
      const overlap = overlapsOutput(source, target);
      if (overlap !== null) throw new GatewayProblem('WATCH_CONTAINS_OUTPUT', overlap, { subject: id });
      const known = await patience.quick(() => pipeline.watches.list());
      const request = { id, ...body, source: formatLocation(source) };
      const watch = await patience.quick(() => pipeline.watches.put(request));
      const existed = known.some((one) => one.id === id);
      return await reply.status(existed ? 200 : 201).send(watch);
    },
  });
};

function checkWatched(source: Location, name: string | undefined): void {
  const refuse = (field: string, message: string): GatewayProblem =>
    new GatewayProblem('FIELDS_INVALID', 'Correct the fields in errors.', { errors: [{ in: 'body', field, message }] });
  if (source.kind === 'https')
    throw refuse('source', 'the web cannot be listed; watch s3://bucket/prefix/ or file:///dir/');
  if (!formatLocation(source).endsWith('/'))
    throw refuse('source', 'a watched source is a prefix or directory: end it with "/"');
  if (name !== undefined) throw refuse('options.name', 'a name is for one file only; leave it out');
}
