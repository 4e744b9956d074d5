import type { IngestOptions } from '@geosluice/jobs';
import { EXIT } from '../exit-codes.ts';
import { type Output, table } from '../output.ts';
import type { CliPorts } from '../ports.ts';

export async function addWatch(
  watch: { id: string; source: string; options: IngestOptions; intervalSeconds: number },
  ports: CliPorts,
  output: Output,
  signal: AbortSignal,
): Promise<number> {
  const added = await ports.gateway().putWatch(watch, signal);
  output.result(added, () => `watching ${added.source} every ${added.intervalSeconds} s as ${added.id}`);
  return EXIT.ok;
}

export async function listWatches(ports: CliPorts, output: Output, signal: AbortSignal): Promise<number> {
  const watches = await ports.gateway().watches(signal);
  output.result(watches, () => {
    if (watches.length === 0) return 'no watches; add one with: geosluice watch add <id> <source>';
    return table(
      ['watch', 'every', 'source', 'options'],
      watches.map(({ id, intervalSeconds, source, options }) => [
        id,
        `${intervalSeconds} s`,
        source,
        JSON.stringify(options),
      ]),
    );
  });
  return EXIT.ok;
}

export async function removeWatch(id: string, ports: CliPorts, output: Output, signal: AbortSignal): Promise<number> {
  await ports.gateway().removeWatch(id, signal);
  output.result({ removed: id }, () => `no longer watching ${id}; its datasets stay`);
  return EXIT.ok;
}
