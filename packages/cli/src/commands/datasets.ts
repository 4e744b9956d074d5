import type { DatasetState } from '@geosluice/jobs';
import { describeEntry, ENTRY_HEAD, entryRow } from '../describe-entry.ts';
import { EXIT } from '../exit-codes.ts';
import { glanceAtUploads, progressLine } from '../follow.ts';
import { type Output, table } from '../output.ts';
import type { CliPorts, GatewayPort } from '../ports.ts';
import { reportEnd } from './ingest.ts';

export async function status(
  request: { ingestion?: string; wait: boolean },
  ports: CliPorts,
  output: Output,
  signal: AbortSignal,
): Promise<number> {
  if (request.ingestion !== undefined && request.wait) return await reportEnd(request.ingestion, ports, output, signal);
  if (request.ingestion !== undefined) {
    const gateway = ports.gateway();
    const ingestion = await gateway.ingestion(request.ingestion, signal);
    const uploads = await uploadsOf(ingestion.counts, gateway, output, signal, ingestion.id);
    output.result(ingestion, () =>
      [
        `${ingestion.id}  ${ingestion.running ? 'running' : 'ended'}  ${ingestion.sources.join(' ')}`,
        progressLine(ingestion.counts) + uploads,
      ].join('\n'),
    );
    return EXIT.ok;
  }
  const gateway = ports.gateway();
  const now = await gateway.status(signal);
  const uploads = await uploadsOf(now.datasets, gateway, output, signal);
  output.result(now, () => {
    const rows = Object.entries(now.queues).map(([name, counts]) => [
      name,
      `${counts.waiting + counts.prioritized}`,
      `${counts.active}`,
      `${counts.delayed}`,
      `${counts.failed}`,
      counts.paused ? 'paused' : counts.heldForMs > 0 ? `held for ${Math.ceil(counts.heldForMs / 1000)} s` : '',
    ]);
    return `${progressLine(now.datasets)}${uploads}\n\n${table(['queue', 'waiting', 'active', 'later', 'dead', ''], rows)}`;
  });
  return EXIT.ok;
}

/** What follows the counts where something is uploading; a script asks the events itself. */
async function uploadsOf(
  counts: Record<DatasetState, number>,
  gateway: GatewayPort,
  output: Output,
  signal: AbortSignal,
  ingestion?: string,
): Promise<string> {
  if (output.json || counts.uploading === 0) return '';
  const told = await glanceAtUploads(gateway, signal, ingestion);
  return told === '' ? '' : `   ${told}`;
}

export async function ls(
  query: { state?: DatasetState; q?: string; ingestion?: string; bbox?: string; limit: number; cursor?: string },
  ports: CliPorts,
  output: Output,
  signal: AbortSignal,
): Promise<number> {
  const page = await ports.gateway().datasets(query, signal);
  output.result(page, () => {
    if (page.datasets.length === 0) return 'no datasets';
    const more = page.cursor === null ? '' : `\n\nmore: --cursor ${page.cursor}`;
    return table(ENTRY_HEAD, page.datasets.map(entryRow)) + more;
  });
  return EXIT.ok;
}

export async function show(dataset: string, ports: CliPorts, output: Output, signal: AbortSignal): Promise<number> {
  const entry = await ports.gateway().dataset(dataset, signal);
  output.result(entry, () => describeEntry(entry));
  return EXIT.ok;
}

export async function retry(datasets: string[], ports: CliPorts, output: Output, signal: AbortSignal): Promise<number> {
  for (const dataset of datasets) await ports.gateway().retry(dataset, signal);
  output.result({ retried: datasets }, () => `${datasets.length} sent back to inspect`);
  return EXIT.ok;
}

export async function rm(
  request: { datasets: string[]; mode: 'delete' | 'unpublish' },
  ports: CliPorts,
  output: Output,
  signal: AbortSignal,
): Promise<number> {
  for (const dataset of request.datasets) await ports.gateway().remove(dataset, request.mode, signal);
  const what = request.mode === 'delete' ? 'removal' : 'removal (objects kept)';
  output.result(
    { removing: request.datasets, mode: request.mode },
    () => `${what} of ${request.datasets.length} started`,
  );
  return EXIT.ok;
}
