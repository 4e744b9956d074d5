import { randomUUID } from 'node:crypto';
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import { PROBLEM_TYPE, PROBLEMS, problemOf } from '@geosluice/gateway-api';
import fastify, { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import type { App, Context } from './context.ts';
import { decideProblem } from './decide-problem.ts';
import { createFollowers } from './followers.ts';
import { checkScope, createKeyRing } from './keys.ts';
import { openapiOptions } from './openapi.ts';
import { type GatewayOptions, LIMITS } from './options.ts';
import { createPatience } from './patience.ts';
import { ROUTES } from './routes/index.ts';
import { takeJson } from './take-json.ts';

export type { ApiKey, GatewayOptions, Scope } from './options.ts';

/** Milliseconds for a whole request to arrive. */
const REQUEST_MS = 30_000;

/** Builds the gateway; the caller listens and closes. Closing ends the event streams first. */
export async function createGateway(options: GatewayOptions): Promise<FastifyInstance> {
  const limits = { ...LIMITS, ...options.limits };
  const followers = createFollowers(limits.followers, options.observe?.followed);
  const patience = createPatience(() => options.pipeline.ping(), limits);
  const context: Context = { ...options, limits, followers, patience };
  const app: FastifyInstance = fastify({
    bodyLimit: options.bodyLimitBytes,
    requestTimeout: REQUEST_MS,
    genReqId: () => randomUUID(),
    return503OnClosing: false,
    frameworkErrors: (error, request, reply) => refuse(error, request as FastifyRequest, reply as FastifyReply),
    clientErrorHandler(_, socket) {
      if (!socket.writable) return;
      const body = JSON.stringify(problemOf('REQUEST_INVALID', 'this is not a request of HTTP/1.1'));
      const head = `HTTP/1.1 400 Bad Request\r\ncontent-type: ${PROBLEM_TYPE}\r\nconnection: close`;
      socket.end(`${head}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
    },
  });
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  takeJson(app, 'application/json');
  guard(app, context);
  app.setErrorHandler(refuse);
  app.setNotFoundHandler((request, reply) => {
    const detail = `${request.method} ${pathOf(request)} is not served here; see /docs`;
    return sendProblem(request, reply, problemOf('NOT_FOUND', detail));
  });
  app.addHook('preClose', async () => await followers.end());
  await app.register(swagger, openapiOptions(options.version));
  await app.register(swaggerUi, { routePrefix: '/docs', staticCSP: true, uiConfig: { deepLinking: true } });
  await app.register(async (scope) => {
    for (const route of ROUTES) route(scope as App, context);
  });
  await app.ready();
  // written once, now: a document that cannot be written stops the start
  app.swagger();
  return app;

  function refuse(error: FastifyError | Error, request: FastifyRequest, reply: FastifyReply): FastifyReply {
    const { code, detail, errors, headers } = decideProblem(error);
    if (PROBLEMS[code].status >= 500) {
      const data = {
        request: request.id,
        code,
        error: error.message,
        stack: error.stack,
        cause: String(error.cause ?? ''),
      };
      options.log[code === 'INTERNAL' ? 'error' : 'warn'](data, 'Request:Answer:Failed');
    }
    const problem = problemOf(code, detail, errors === undefined ? {} : { errors });
    return sendProblem(request, reply.headers(headers), problem);
  }
}

function sendProblem(
  request: FastifyRequest,
  reply: FastifyReply,
  problem: ReturnType<typeof problemOf>,
): FastifyReply {
  // as text: a problem must reach the client whatever the schemas of its route are
  const text = JSON.stringify({ ...problem, instance: pathOf(request), request: request.id });
  // as bytes: of a string fastify would add a charset, which this type does not have
  return reply.status(problem.status).header('content-type', PROBLEM_TYPE).send(Buffer.from(text));
}

/** Headers of every answer, the key of every request, a line in the log. */
function guard(app: FastifyInstance, { keys, eventsToken, log, observe }: Context): void {
  const ring = createKeyRing(keys, eventsToken);
  app.decorateRequest('caller', '');
  app.addHook('onRequest', async (request, reply) => {
    reply.headers({
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
      'x-request-id': request.id,
    });
    const { scope, eventsToken: takesToken = false } = request.routeOptions.config;
    if (scope === undefined) return;
    const caller = ring.identify(request.headers.authorization, { eventsToken: takesToken });
    request.caller = caller.name;
    checkScope(caller, scope);
  });
  app.addHook('onResponse', async (request, reply) => {
    const { method, routeOptions } = request;
    const answer = {
      ...{ method, route: routeOptions.url ?? 'none', status: reply.statusCode },
      ms: Math.round(reply.elapsedTime),
    };
    // how long somebody followed the events is no time of an answer
    if (routeOptions.config.stream !== true || answer.status !== 200) observe?.answered(answer);
    const data = { request: request.id, caller: request.caller, ...answer };
    log[method === 'GET' ? 'debug' : 'info'](data, 'Request:Answer:Done');
  });
}

/** Without its query string, which may hold what is nobody's business. */
function pathOf(request: FastifyRequest): string {
  return (request.url.split('?')[0] ?? '').slice(0, 500);
}
