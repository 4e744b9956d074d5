import { z } from 'zod';
import type { Route } from '../context.ts';
import { answer, operation, refusals } from '../operation.ts';
import { GatewayProblem } from '../problem.ts';

export const getMetrics: Route = (app, { metrics, patience }) => {
  app.route({
    method: 'GET',
    url: '/metrics',
    schema: {
      ...operation({ id: 'getMetrics', tag: 'operation', summary: 'Metrics in the Prometheus text format' }),
      response: {
        200: answer(z.string(), 'Metric names are in docs/metrics.md.', 'text/plain'),
        ...refusals('open', 'METRICS_OFF', 'REDIS_AWAY'),
      },
    },
    async handler(_, reply) {
      if (metrics === undefined) throw new GatewayProblem('METRICS_OFF', 'this process keeps no metrics');
      const text = await patience.quick(metrics);
      return await reply.type('text/plain; version=0.0.4; charset=utf-8').send(text);
    },
  });
};
