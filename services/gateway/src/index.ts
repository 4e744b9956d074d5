export { type ApiKey, createGateway, type GatewayOptions, type Scope } from './gateway.ts';
export { startGateway } from './start.ts';
export { overlapsOutput } from './watch-output.ts';
