export { cliPorts } from './cli-ports.ts';
export { up } from './up.ts';
