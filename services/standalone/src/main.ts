#!/usr/bin/env node
import { runCli } from '@geosluice/cli';
import { cliPorts } from './cli-ports.ts';
import { VERSION } from './version.ts';

const interrupted = new AbortController();
let signals = 0;
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    signals += 1;
    // the second one does not wait for work to be handed back
    if (signals > 1) process.exit(130);
    interrupted.abort();
  });
}
process.exitCode = await runCli(process.argv.slice(2), {
  stdout: process.stdout,
  stderr: process.stderr,
  signal: interrupted.signal,
  version: VERSION,
  cwd: process.env.GEOSLUICE_CALLED_FROM ?? process.cwd(),
  ports: cliPorts(process.env),
});
// connections that are kept alive must not keep a finished command
process.exit();
