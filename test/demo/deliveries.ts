import { randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { datasetIdOf, parseLocation } from '@geosluice/jobs';
import { BAD_DROPS, type Drop, GOOD_DROPS } from '../rasters/collection.ts';
import { geosluice } from '../world/processes.ts';
import type { World } from '../world/world.ts';

/** One file on its way in: what it is, how it came, and the dataset it must become. */
export interface Delivery {
  drop: Drop;
  way: 'watched prefix' | 'HTTP' | 'CLI';
  uri: string;
  dataset: string;
}

const WATCHED = 'drop/';

/** Delivers every file by one of the three ways. */
export async function deliver(world: World, say: (text: string) => void): Promise<Delivery[]> {
  const [byCli, byHttp, ...others] = GOOD_DROPS;
  if (byHttp === undefined || byCli === undefined) throw new Error('the collection is too small');
  const watched = [...others, ...BAD_DROPS];

  say(`drops ${watched.length} files under s3://${world.inbox.name}/${WATCHED} (a watch lists it every 2 seconds)`);
  await world.gateway.putWatch(
    { id: 'inbox', source: `s3://${world.inbox.name}/${WATCHED}`, options: {}, intervalSeconds: 2 },
    AbortSignal.timeout(10_000),
  );
  for (const drop of watched) await putIntoInbox(world, WATCHED, drop);

  say(`posts ${byHttp.name} to ${world.env.GEOSLUICE_URL}/v1/ingestions`);
  const posted = await putIntoInbox(world, 'elsewhere/', byHttp);
  await post(world, posted);

  say(`runs: geosluice ingest ./${byCli.name}`);
  const uploaded = await runCli(world, byCli);

  return [
    ...watched.map((drop) => delivery(drop, 'watched prefix', `s3://${world.inbox.name}/${WATCHED}${drop.name}`)),
    delivery(byHttp, 'HTTP', posted),
    delivery(byCli, 'CLI', uploaded),
  ];
}

function delivery(drop: Drop, way: Delivery['way'], uri: string): Delivery {
  return { drop, way, uri, dataset: datasetIdOf(parseLocation(uri)) };
}

async function putIntoInbox(world: World, prefix: string, drop: Drop): Promise<string> {
  for (const [name, bytes] of Object.entries(drop.sidecars ?? {})) await world.inbox.put(prefix + name, bytes);
  await world.inbox.put(prefix + drop.name, drop.raster());
  return `s3://${world.inbox.name}/${prefix}${drop.name}`;
}

async function post(world: World, source: string): Promise<void> {
  const response = await fetch(`${world.env.GEOSLUICE_URL}/v1/ingestions`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${world.env.GEOSLUICE_KEY}`,
      'content-type': 'application/json',
      'idempotency-key': randomUUID(),
    },
    body: JSON.stringify({ source }),
  });
  if (response.status !== 202) throw new Error(`the gateway answered ${response.status}: ${await response.text()}`);
}

/** @returns where the command brought the file */
async function runCli(world: World, drop: Drop): Promise<string> {
  const folder = `${world.mount}-laptop`;
  await mkdir(folder, { recursive: true });
  for (const [name, bytes] of Object.entries(drop.sidecars ?? {})) await writeFile(join(folder, name), bytes);
  await writeFile(join(folder, drop.name), drop.raster());
  const { code, stderr } = await geosluice(['ingest', `./${drop.name}`], world.env, folder);
  if (code !== 0) throw new Error(`geosluice ingest ended with ${code}: ${stderr}`);
  return `${world.env.GEOSLUICE_INBOX}${world.env.GEOSLUICE_MACHINE}${folder}/${drop.name}`;
}
