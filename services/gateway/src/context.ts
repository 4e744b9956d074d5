import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyBaseLogger, FastifyInstance, RawServerDefault } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { Followers } from './followers.ts';
import type { GatewayOptions, Limits, Scope } from './options.ts';
import type { Patience } from './patience.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What a key needs to come in; a route without it is open to all. */
    scope?: Scope;
    /** The token of event senders opens it too. */
    eventsToken?: boolean;
    /** Its answer has no end. */
    stream?: boolean;
  }
  interface FastifyRequest {
    /** Name of the key that asked; empty on open routes. */
    caller: string;
  }
}

/** What every route is given. */
export interface Context extends Omit<GatewayOptions, 'limits'> {
  limits: Limits;
  patience: Patience;
  followers: Followers;
}

export type App = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  ZodTypeProvider
>;

/** One file a route: each adds itself. */
export type Route = (app: App, context: Context) => void;
