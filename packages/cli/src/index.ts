export { type CliEnvironment, runCli } from './cli.ts';
export { EXIT } from './exit-codes.ts';
export type { CheckResult, CliPorts, GatewayPort, InboxPort, Inspection } from './ports.ts';
