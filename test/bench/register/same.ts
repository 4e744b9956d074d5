import { describeDataset } from '../../geonode/described.ts';
import { differenceOf, unmeant } from '../../geonode/difference.ts';
import { VoidRun } from '../running.ts';
import type { Scene } from './scene.ts';
import { STOCK_WAYS, type Way } from './turn.ts';

/** Makes a dataset each way and compares them field by field. @throws VoidRun where they differ in what they should not */
export async function checkSame({ take, geonode }: Scene): Promise<void> {
  const described = async (way: Way) => {
    const [layer] = (await take(way, 1)).layers;
    if (layer === undefined) throw new RangeError('no layer');
    return describeDataset(geonode, layer);
  };
  const ours = await described('ours');
  for (const way of STOCK_WAYS) {
    const found = unmeant(differenceOf(await described(way), ours));
    if (found.length > 0) throw new VoidRun(`a dataset of ours is not one of ${way}:\n${found.join('\n')}`);
  }
}
