import { rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Client } from '../clients/client.ts';
import { modifiedAt } from '../files.ts';
import { type Measured, measure } from '../measure.ts';
import type { Order } from '../order.ts';
import { faultsOf, type Sink } from '../servers/sink.ts';
import type { RoomOptions } from './room.ts';

/**
 * Uploads a file of holes, which no disk has to hold, and sees to it that it arrived.
 * @param size bytes
 * @throws Error where it did not
 */
export async function uploadHoles(
  size: number,
  sink: Sink,
  command: Client['command'],
  { folder, python, signal }: RoomOptions,
): Promise<Measured> {
  const path = join(folder, 'holes.tif');
  try {
    await writeFile(path, '');
    await truncate(path, size);
    const { access, bucket } = sink;
    const files = [{ path, size, modified: await modifiedAt(path), key: 'holes/holes.tif' }];
    const order: Order = { access, bucket, prefix: 'holes/', folder, files };
    const orderPath = join(folder, 'order.json');
    await writeFile(orderPath, JSON.stringify(order));
    const { measured } = await measure(command(order, orderPath), { python, folder, signal });
    const expected = { bucket, objects: new Map([['holes/holes.tif', { size, crc32: null }]]) };
    const faults = faultsOf(await sink.stats(), expected, order.prefix);
    await sink.reset();
    if (faults.length > 0) throw new Error(faults.join('; '));
    return measured;
  } finally {
    await rm(path, { force: true });
  }
}
