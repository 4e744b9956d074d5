import { formatLocation, type IngestOptions } from '@geosluice/jobs';
import { ENTRY_HEAD, entryRow } from '../describe-entry.ts';
import { EXIT } from '../exit-codes.ts';
import { follow, progressLine, UPLOADS_MS } from '../follow.ts';
import { bytes, bytesOf, type Output, table } from '../output.ts';
import type { CliPorts, InboxPort } from '../ports.ts';
import { readSource } from '../sources.ts';
import { createUploads } from '../uploads.ts';

/** More dead letters than this are counted, not listed. */
const LISTED = 50;

export async function ingest(
  request: { sources: string[]; options: IngestOptions; wait: boolean; idempotencyKey?: string; from: string },
  ports: CliPorts,
  output: Output,
  signal: AbortSignal,
): Promise<number> {
  const uris: string[] = [];
  let inbox: InboxPort | undefined;
  for (const typed of request.sources.map((text) => readSource(text, request.from))) {
    if (typed.kind === 'uri') uris.push(typed.uri);
    else {
      inbox ??= ports.inbox();
      uris.push(...(await bringToInbox(typed.path, inbox, output, signal)));
    }
  }
  const gateway = ports.gateway();
  const started = await gateway.startIngestion(
    { sources: uris, options: request.options },
    signal,
    request.idempotencyKey,
  );
  if (!request.wait) {
    output.result(
      started,
      () => `ingestion ${started.id} started; follow it with: geosluice status ${started.id} --wait`,
    );
    return EXIT.ok;
  }
  if (!output.json) output.line(`ingestion ${started.id}`);
  return await reportEnd(started.id, ports, output, signal);
}

async function bringToInbox(path: string, inbox: InboxPort, output: Output, signal: AbortSignal): Promise<string[]> {
  const uploads = createUploads(() => performance.now());
  let writtenAt = performance.now();
  const locations = await inbox.upload(path, {
    signal,
    onProgress(file, done, total) {
      uploads.take({ type: 'progress', ingestion: '', dataset: file, stage: 'upload', done, total });
      const rate = uploads.picture()?.rate ?? null;
      const line = `${file}  ${bytesOf(done, total)}${rate === null ? '' : ` · ${bytes(rate)}/s`}`;
      output.status(line);
      if (output.live || output.json || performance.now() - writtenAt < UPLOADS_MS) return;
      output.problem(line);
      writtenAt = performance.now();
    },
  });
  output.status('');
  if (!output.json) for (const location of locations) output.line(`uploaded ${formatLocation(location)}`);
  return locations.map(formatLocation);
}

/** Waits for the end of an ingestion and says what became of it. */
export async function reportEnd(id: string, ports: CliPorts, output: Output, signal: AbortSignal): Promise<number> {
  const gateway = ports.gateway();
  const ended = await follow(id, gateway, output, signal);
  const { datasets: dead } =
    ended.counts.dead === 0
      ? { datasets: [] }
      : await gateway.datasets({ ingestion: id, state: 'dead', limit: LISTED }, signal);
  output.result({ ...ended, deadLetters: dead }, () => {
    const lines = [progressLine(ended.counts)];
    for (const problem of ended.problems) lines.push(`${problem.source}: ${problem.code} ${problem.message}`);
    if (dead.length > 0) lines.push('', table(ENTRY_HEAD, dead.map(entryRow)));
    if (ended.counts.dead > dead.length)
      lines.push(`… and ${ended.counts.dead - dead.length} more: geosluice dead-letters`);
    return lines.join('\n');
  });
  return ended.counts.dead > 0 || ended.problems.length > 0 ? EXIT.refused : EXIT.ok;
}
