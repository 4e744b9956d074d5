import { describeLocation, type Location, Reject, type StageLedger } from '@geosluice/jobs';
import { deriveLayerName, distinctLayerName } from './name.ts';

/**
 * The layer name of a dataset: the one it has, the one asked for, or one from its file name; made distinct where
 * another dataset owns that. Reserved in the ledger, so that two datasets never share a layer.
 * @throws Reject NAME_TAKEN where a name that was asked for belongs to another dataset
 */
export async function chooseName(wish: {
  ledger: StageLedger;
  dataset: string;
  location: Location;
  workspace: string;
  wanted: string | undefined;
  current: string | undefined;
}): Promise<string> {
  const { ledger, dataset, workspace, wanted, current } = wish;
  const derived = deriveLayerName(wish.location);
  const distinct = distinctLayerName(derived, dataset);
  // a layer keeps its name when its raster changes
  const kept = current === derived || current === distinct ? current : undefined;
  let owner = '';
  for (const name of wanted === undefined ? [kept ?? derived, distinct] : [wanted]) {
    owner = await ledger.claimName({ workspace, name, dataset });
    if (owner === dataset) return name;
  }
  const name = wanted ?? distinct;
  const other = (await ledger.get(owner))?.uri ?? owner;
  throw new Reject(
    'NAME_TAKEN',
    `layer ${workspace}:${name}, asked for by ${describeLocation(wish.location)}, belongs to ${other}; choose another name or workspace`,
    { subject: `${workspace}:${name}` },
  );
}
