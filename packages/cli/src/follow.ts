import { setTimeout as wait } from 'node:timers/promises';
import { baseNameOf, type DatasetState } from '@geosluice/jobs';
import type { Ingestion } from '@geosluice/pipeline';
import type { Output } from './output.ts';
import type { GatewayPort } from './ports.ts';
import { createUploads, describeUploads, type Uploads } from './uploads.ts';

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

/** Milliseconds between two looks at an ingestion; events in between tell of bytes. */
const LOOK_MS = 1000;
/** Where no line can be replaced, one is written where counts changed, but not more often than this. */
const CHANGED_MS = 5_000;
/** And while uploads are under way, now and then. */
export const UPLOADS_MS = 30_000;

/** Follows an ingestion to its end, showing how far it is. */
export async function follow(
  id: string,
  gateway: GatewayPort,
  output: Output,
  signal: AbortSignal,
): Promise<Ingestion> {
  const followed = new AbortController();
  const both = AbortSignal.any([signal, followed.signal]);
  const uploads = createUploads(() => performance.now());
  const describe = createDescriber(uploads, gateway, both);
  const watching = watchUploads(uploads, gateway, { ingestion: id, signal: both });
  let written = { line: '', at: Number.NEGATIVE_INFINITY };
  try {
    for (;;) {
      const ingestion = await gateway.ingestion(id, signal);
      const line = progressLine(ingestion.counts);
      const told = await describe();
      const shown = told === '' ? line : `${line}   ${told}`;
      output.status(shown);
      const every = line !== written.line ? CHANGED_MS : told !== '' ? UPLOADS_MS : Number.POSITIVE_INFINITY;
      if (!output.live && !output.json && performance.now() - written.at > every) {
        output.problem(shown);
        written = { line, at: performance.now() };
      }
      if (!ingestion.running) return ingestion;
      await wait(LOOK_MS, undefined, { signal });
    }
  } finally {
    followed.abort();
    await watching;
    output.status('');
  }
}

/** Milliseconds in which every upload tells of itself, but for those that stand still. */
const GLANCE_MS = 2_500;

/** What uploads are under way now, `1.2 of 4.0 GiB · …`; empty where none tells of itself. */
export async function glanceAtUploads(gateway: GatewayPort, signal: AbortSignal, ingestion?: string): Promise<string> {
  const uploads = createUploads(() => performance.now());
  const glance = AbortSignal.any([signal, AbortSignal.timeout(GLANCE_MS)]);
  await watchUploads(uploads, gateway, { ...(ingestion === undefined ? {} : { ingestion }), signal: glance });
  signal.throwIfAborted();
  return await createDescriber(uploads, gateway, signal)();
}

/** The stream is a nicety: without it the counts still come. */
async function watchUploads(
  uploads: Uploads,
  gateway: GatewayPort,
  options: { ingestion?: string; signal: AbortSignal },
): Promise<void> {
  try {
    for await (const event of gateway.events(options)) uploads.take(event);
  } catch {
    // whoever asks for the counts is told what is wrong with the gateway
  }
}

/** Tells of uploads with the foremost's file name, which is asked for once; its id where there is no answer. */
function createDescriber(uploads: Uploads, gateway: GatewayPort, signal: AbortSignal): () => Promise<string> {
  const names = new Map<string, string>();
  return async () => {
    const picture = uploads.picture();
    if (picture === null) return '';
    const dataset = picture.foremost?.dataset;
    if (dataset === undefined) return describeUploads(picture, '');
    const name = names.get(dataset) ?? (await nameOf(dataset, gateway, signal));
    names.set(dataset, name);
    return describeUploads(picture, name);
  };
}

async function nameOf(dataset: string, gateway: GatewayPort, signal: AbortSignal): Promise<string> {
  try {
    return baseNameOf((await gateway.dataset(dataset, signal)).location);
  } catch {
    return dataset;
  }
}
