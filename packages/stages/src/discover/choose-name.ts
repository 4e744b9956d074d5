import { datasetIdOf, describeLocation, type Location, type Place, Reject, type StageLedger } from '@geosluice/jobs';
import { deriveLayerName, distinctLayerName, numberedLayerName } from './name.ts';

/** Contents of one file that get a number in their names; further ones get letters of their ids. */
const MOST_NUMBERED = 99;

/** `note` says whose the plain name is, where it is another's and the dataset got a distinct one. */
export interface ChosenName {
  name: string;
  note?: string;
}

/**
 * The layer name of a dataset: the one it has, the one asked for, or one from its file name; made distinct where
 * another dataset owns that. Reserved in the ledger, so that two datasets never share a layer. A further content of a file
 * that keeps each is numbered: `dem`, `dem_v2`, `dem_v3`.
 * @returns null where the name is its own, and what it left there is just being taken off GeoServer
 * @throws Reject NAME_TAKEN where a name that was asked for belongs to another dataset
 */
export async function chooseName(wish: {
  ledger: StageLedger;
  dataset: string;
  location: Location;
  workspace: string;
  wanted: string | undefined;
  current: string | undefined;
}): Promise<ChosenName | null> {
  const { ledger, dataset, workspace, wanted, current } = wish;
  const derived = deriveLayerName(wish.location);
  const distinct = distinctLayerName(derived, dataset);
  const first = dataset === datasetIdOf(wish.location);
  const numbers = Array.from({ length: MOST_NUMBERED - 1 }, (_, index) => index + 2);
  const numbered = numbers.map((number) => numberedLayerName(wanted ?? derived, number));
  const candidates = first ? (wanted === undefined ? [derived, distinct] : [wanted]) : [...numbered, distinct];
  // a layer keeps its name when its raster changes
  const kept = candidates.filter((name) => name === current);
  let owner = '';
  for (const name of [...kept, ...candidates]) {
    const other = owner;
    const claimed = await ledger.claimName({ workspace, name, dataset });
    if (claimed === null) return null;
    owner = claimed;
    if (owner !== dataset) continue;
    if (!first || name !== distinct || other === '') return { name };
    return {
      name,
      note: `layer ${workspace}:${derived} belongs to ${await whose(ledger, other, { workspace, name: derived })}`,
    };
  }
  const name = wanted ?? distinct;
  throw new Reject(
    'NAME_TAKEN',
    `layer ${workspace}:${name}, asked for by ${describeLocation(wish.location)}, belongs to ${await whose(ledger, owner, { workspace, name })}; choose another name or workspace`,
    { subject: `${workspace}:${name}` },
  );
}

/** The uri of who owns a place, and that it will be free where its owner is elsewhere by now. */
async function whose(ledger: StageLedger, owner: string, { workspace, name }: Place): Promise<string> {
  const entry = await ledger.get(owner);
  const moved = entry?.name !== undefined && (entry.workspace !== workspace || entry.name !== name);
  return `${entry?.uri ?? owner}${moved ? ', until what it left there is taken away' : ''}`;
}
