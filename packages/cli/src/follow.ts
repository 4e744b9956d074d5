import { setTimeout as wait } from 'node:timers/promises';
import type { DatasetState } from '@geosluice/jobs';
import type { Ingestion } from '@geosluice/pipeline';
import type { Output } from './output.ts';
import type { GatewayPort } from './ports.ts';

const SHOWN: ReadonlyArray<[label: string, states: readonly DatasetState[]]> = [
  ['discover', ['found', 'waiting', 'inspecting']],
  ['upload', ['uploading']],
  ['publish', ['publishing']],
  ['register', ['registering']],
  ['visible', ['visible']],
  ['dead', ['dead']],
];

/** `discover 2 · upload 3 · publish 1 · register 0 · visible 12 · dead 1` */
export function progressLine(counts: Record<DatasetState, number>): string {
  return SHOWN.map(
    ([label, states]) => `${label} ${states.reduce((sum, state) => sum + (counts[state] ?? 0), 0)}`,
  ).join(' · ');
}

/** Milliseconds between two looks at an ingestion; events in between only say that a look is worth it. */
const LOOK_MS = 1000;

/** Follows an ingestion to its end, showing how far it is. */
export async function follow(
  id: string,
  gateway: GatewayPort,
  output: Output,
  signal: AbortSignal,
): Promise<Ingestion> {
  const followed = new AbortController();
  const both = AbortSignal.any([signal, followed.signal]);
  const uploads = new Map<string, string>();
  const watching = showUploads(id, gateway, uploads, both);
  try {
    for (let last = ''; ; ) {
      const ingestion = await gateway.ingestion(id, signal);
      const line = progressLine(ingestion.counts);
      const moving = [...uploads.values()].at(-1);
      output.status(moving === undefined ? line : `${line}   ${moving}`);
      if (!output.live && !output.json && line !== last) output.problem(line);
      last = line;
      if (!ingestion.running) return ingestion;
      await wait(LOOK_MS, undefined, { signal });
    }
  } finally {
    followed.abort();
    await watching;
    output.status('');
  }
}

/** Keeps the share of each upload under way. The stream is a nicety: without it the counts still come. */
async function showUploads(
  id: string,
  gateway: GatewayPort,
  uploads: Map<string, string>,
  signal: AbortSignal,
): Promise<void> {
  try {
    for await (const event of gateway.events({ ingestion: id, signal })) {
      if (event.dataset === undefined) continue;
      if (event.type !== 'progress') uploads.delete(event.dataset);
      else if (event.total !== undefined && event.done !== undefined && event.done < event.total) {
        uploads.set(event.dataset, `${event.dataset} ${Math.floor((100 * event.done) / event.total)} %`);
      } else uploads.delete(event.dataset);
    }
  } catch {
    // the looks above tell what is wrong with the gateway
  }
}
