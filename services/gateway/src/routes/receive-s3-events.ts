import { hintedSchema, notificationSchema } from '@geosluice/gateway-api';
import { GeosluiceError } from '@geosluice/jobs';
import type { App, Context, Route } from '../context.ts';
import { hintEvents } from '../hint.ts';
import { answer, operation, refusals } from '../operation.ts';
import { GatewayProblem } from '../problem.ts';
import { takeJson } from '../take-json.ts';

export const receiveS3Events: Route = (app, context) => {
  // a scope of its own: SNS sends its JSON as text/plain, others without a type
  app.register(async (scope) => {
    takeJson(scope, '*');
    addRoute(scope as App, context);
  });
};

function addRoute(app: App, context: Context): void {
  const { patience, decodeS3Events, limits, observe } = context;
  app.route({
    method: 'POST',
    url: '/v1/events/s3',
    config: { scope: 'ingest', eventsToken: true },
    schema: {
      ...operation(
        {
          id: 'receiveS3Events',
          tag: 'watches',
          summary: 'Take notifications of an object store',
          description:
            'Hints: what a watch covers is looked at at once, everything else is ignored; a lost notification costs a delay and a doubled one nothing. Takes the events token too, with and without `Bearer` before it.',
        },
        'ingest',
      ),
      security: [{ bearer: [] }, { eventsToken: [] }],
      body: notificationSchema,
      response: {
        202: answer(hintedSchema, 'Taken.'),
        ...refusals('body', 'NOTIFICATION_INVALID'),
      },
    },
    async handler({ body }, reply) {
      const events = decode(body, decodeS3Events);
      const signal = AbortSignal.timeout(limits.longMs);
      const counts = await patience.long(() => hintEvents(events, context, signal));
      observe?.notified(counts);
      return await reply.status(202).send(counts);
    },
  });
}

function decode(body: unknown, decodeS3Events: Context['decodeS3Events']): ReturnType<Context['decodeS3Events']> {
  try {
    return decodeS3Events(body);
  } catch (error) {
    if (!(error instanceof GeosluiceError)) throw error;
    throw new GatewayProblem('NOTIFICATION_INVALID', error.message, { cause: error });
  }
}
