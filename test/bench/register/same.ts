import { describeDatasets } from '../../geonode/described.ts';
import { differenceOf, unmeant } from '../../geonode/difference.ts';
import { VoidRun } from '../running.ts';
import type { Scene } from './scene.ts';
import { STOCK_WAYS, type Way } from './turn.ts';

/** Makes a dataset each way and compares them field by field. @throws VoidRun where they differ in what they should not */
export async function checkSame({ fresh, take, geonode }: Scene): Promise<void> {
  const layers = fresh(1);
  const described = async (way: Way) => {
    // the same but for its name, in the same workspace
    const named = layers.map((layer) => ({ ...layer, name: `${layer.name}_${way.replaceAll(/\W/g, '')}` }));
    await take(way, named);
    const [made] = describeDatasets(geonode, named);
    if (made === undefined) throw new RangeError('no layer');
    return made;
  };
  // first: it looks at the whole workspace
  const whole = await described('updatelayers');
  const ours = await described('ours');
  for (const way of STOCK_WAYS) {
    const found = unmeant(differenceOf(way === 'updatelayers' ? whole : await described(way), ours));
    if (found.length > 0) throw new VoidRun(`a dataset of ours is not one of ${way}:\n${found.join('\n')}`);
  }
}
