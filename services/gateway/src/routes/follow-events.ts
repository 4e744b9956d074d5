import { eventHeadersSchema, eventQuerySchema, eventSchema } from '@geosluice/gateway-api';
import type { Route } from '../context.ts';
import { given } from '../given.ts';
import { answer, operation, refusals } from '../operation.ts';
import { GatewayProblem } from '../problem.ts';
import { streamEvents } from '../stream-events.ts';

export const followEvents: Route = (app, { pipeline, patience, followers, limits, log }) => {
  app.route({
    method: 'GET',
    url: '/v1/events',
    // it would have no end and no body
    exposeHeadRoute: false,
    config: { scope: 'read', stream: true },
    schema: {
      ...operation(
        {
          id: 'followEvents',
          tag: 'events',
          summary: 'Follow what changes',
          description:
            'Server-sent events from now on, or after `Last-Event-ID`. A comment is sent every 15 seconds where nothing happens. About 50,000 events are kept.',
        },
        'read',
      ),
      querystring: eventQuerySchema,
      headers: eventHeadersSchema,
      response: {
        200: answer(
          eventSchema,
          'A stream without end; the schema is that of the data of one event.',
          'text/event-stream',
        ),
        ...refusals('keyed', 'FIELDS_INVALID', 'TOO_MANY_FOLLOWERS', 'SHUTTING_DOWN'),
      },
    },
    async handler(request, reply) {
      if (!(await patience.quick(() => pipeline.ping()))) {
        throw new GatewayProblem('REDIS_AWAY', 'Redis does not answer; try again soon.');
      }
      const { raw } = reply;
      const query = given({ after: request.headers['last-event-id'], ingestion: request.query.ingestion });
      await followers.follow(async (ending) => {
        const gone = new AbortController();
        raw.once('close', () => gone.abort());
        const signal = AbortSignal.any([ending, gone.signal]);
        const headers = Object.fromEntries(
          Object.entries(reply.getHeaders()).map(([name, value]) => [name, String(value)]),
        );
        reply.hijack();
        const events = pipeline.events.follow({ ...query, signal });
        try {
          await streamEvents(raw, events, { ...limits, signal, headers });
        } catch (error) {
          // the client reconnects after the last event it saw
          if (!signal.aborted)
            log.warn({ error: (error as Error).message, request: request.id }, 'Events:Follow:Broken');
        }
      });
      return reply;
    },
  });
};
