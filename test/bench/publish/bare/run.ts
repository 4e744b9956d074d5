import { execFile } from 'node:child_process';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { PublishJob } from '@geosluice/jobs';
import type { Cluster } from '../cluster/cluster.ts';
import { latencyOf, type Run } from '../run.ts';
import { bareLayer } from './layers.ts';
import type { BareOrder, BareResult } from './order.ts';

/** Often enough to lose little time on a node that lags, and not so often that this is what it does. */
const AGAIN_MS = 250;
const OUTPUT_BYTES = 64 * 1024 * 1024;

/** Publishes the objects of jobs by bare requests, so many layers at a time, in a workspace that is there. */
export async function runBare(
  jobs: readonly PublishJob[],
  { cluster, folder, signal }: { cluster: Cluster; folder: string; signal: AbortSignal },
  inFlight: number,
): Promise<Run> {
  const { nodes, user, password, alias } = cluster;
  const layers = jobs.map((job) => bareLayer(job, alias));
  const order: BareOrder = { nodes, user, password, layers, inFlight, againMs: AGAIN_MS };
  const path = join(folder, 'order.json');
  await writeFile(path, JSON.stringify(order));
  await cluster.requests();
  const args = ['--disable-warning=ExperimentalWarning', join(import.meta.dirname, 'program.ts'), path];
  const { stdout } = await promisify(execFile)(process.execPath, args, { signal, maxBuffer: OUTPUT_BYTES });
  await rm(path);
  const result = JSON.parse(stdout) as BareResult;
  return {
    ...{ by: 'bare', variant: inFlight, layers: layers.length, seconds: result.seconds },
    ...latencyOf(result.layers),
    requests: await cluster.requests(),
    ...{ cpu: null, start: null },
  };
}
