import { realServer } from './real.ts';
import type { BenchServer, ServerName } from './server.ts';
import { sinkServer } from './sink.ts';

export function startServer(name: ServerName): Promise<BenchServer> {
  return name === 'sink' ? sinkServer() : realServer(name);
}
