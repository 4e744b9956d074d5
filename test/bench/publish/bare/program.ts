/**
 * The rival: what anybody would send to publish layers, and no more. Two POSTs to the primary, then a map of each node, asked for
 * again until it is there. Who waits for a node that lags keeps no other from writing. Takes the path of its order; writes its result.
 */
import { readFile } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { Agent, request } from 'undici';
import type { BareLayer, BareOrder, BareResult } from './order.ts';

const order = JSON.parse(await readFile(process.argv[2] ?? '', 'utf8')) as BareOrder;
const dispatcher = new Agent({ pipelining: 1 });
const authorization = `Basic ${Buffer.from(`${order.user}:${order.password}`).toString('base64')}`;
const [primary = ''] = order.nodes;
const took: number[] = [];
const drawing: Promise<void>[] = [];
const left = order.layers.values();

const begun = performance.now();
await Promise.all(Array.from({ length: order.inFlight }, writeAll));
await Promise.all(drawing);
const result: BareResult = { seconds: (performance.now() - begun) / 1000, layers: took };
await dispatcher.close();
process.stdout.write(JSON.stringify(result));

async function writeAll(): Promise<void> {
  for (const layer of left) {
    const from = performance.now();
    await post(layer.store);
    await post(layer.coverage);
    drawing.push(drawnByAll(layer, from));
  }
}

async function post({ path, body }: BareLayer['store']): Promise<void> {
  const headers = { authorization, 'content-type': 'application/json' };
  const answer = await request(`${primary}${path}`, { dispatcher, method: 'POST', headers, body });
  const text = await answer.body.text();
  if (answer.statusCode !== 201) throw new Error(`${path} answers ${answer.statusCode}: ${text}`);
}

async function drawnByAll({ map }: BareLayer, from: number): Promise<void> {
  await Promise.all(order.nodes.map((node) => drawnBy(`${node}${map}`)));
  took.push(performance.now() - from);
}

async function drawnBy(url: string): Promise<void> {
  for (;;) {
    const { headers, body } = await request(url, { dispatcher, headers: { authorization } });
    await body.arrayBuffer();
    // an error is a 200 of XML
    if (String(headers['content-type']).startsWith('image/png')) return;
    await wait(order.againMs);
  }
}
