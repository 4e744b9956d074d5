export { type CliEnvironment, runCli } from './cli.ts';
export { EXIT } from './exit-codes.ts';
export { createInbox } from './inbox.ts';
export { inspectFile } from './inspection.ts';
export type { CheckResult, CliPorts, GatewayPort, InboxPort, Inspection, ScratchPort } from './ports.ts';
export { createFileMemory } from './upload-memory.ts';
