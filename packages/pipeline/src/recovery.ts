import {
  datasetIdOf,
  type IngestOptions,
  JOB_SCHEMA,
  type Location,
  type PublishedLayer,
  type RegisteredDataset,
  type StoredObject,
} from '@geosluice/jobs';
import { asked } from './error.ts';
import { createIngestion } from './ingestions.ts';
import type { Internals } from './internals.ts';
import { formatPlace } from './ledger/place.ts';
import { OWNERS } from './ledger/scripts.ts';
import { freshNonce } from './restart.ts';
import { runScript } from './script.ts';

/** The ingestion of what came back without its own. */
const INGESTION = 'recovered';

/** A dataset that is visible, as other systems tell of it. */
export interface RecoveredDataset {
  dataset: string;
  location: Location;
  /** The one it was registered under: a lower one would be fenced off. */
  generation: number;
  version: string;
  title: string;
  options: IngestOptions;
  object: StoredObject;
  layer: PublishedLayer;
  geonode: RegisteredDataset;
}

/** What a ledger that lost something is given back. */
export interface Recovery {
  /** Takes a dataset in as visible. @returns false where the ledger knows it already */
  adopt(recovered: RecoveredDataset): Promise<boolean>;
  /** Has a file looked at whose dataset the ledger does not know. */
  ask(location: Location): Promise<void>;
  /**
   * Of each layer name of a workspace the dataset that shows it, is on its way to it, or left it and awaits that it is taken away;
   * in their order.
   */
  owners(workspace: string, names: readonly string[]): Promise<Array<string | null>>;
}

export function createRecovery(internals: Internals): Recovery {
  const { redis, keys, ledger, admit } = internals;
  let known: Promise<void> | null = null;
  const ingestion = async (): Promise<string> => {
    known ??= createIngestion(internals, { id: INGESTION, sources: [], options: {} });
    await known;
    return INGESTION;
  };
  return {
    async adopt({ dataset, location, generation, version, title, options, object, layer, geonode }) {
      if ((await ledger.get(dataset)) !== null) return false;
      const { workspace, name } = layer;
      const owner = await ledger.claimName({ workspace, name, dataset });
      if (owner !== dataset) {
        throw new Error(
          `${workspace}:${name} ${owner === null ? 'is about to be free' : `belongs to dataset ${owner}`}`,
        );
      }
      await ledger.enter([{ dataset, location, ingestion: await ingestion(), options }]);
      // a stop between the two leaves an entry without a job, which the sweep finds
      const record = { version, publishedVersion: version, workspace, name, title, object, layer, geonode };
      await ledger.record(dataset, generation, { state: 'visible', ...record }, { note: 'recovered' });
      return true;
    },
    async ask(location) {
      await admit([
        {
          ...{ schema: JOB_SCHEMA, stage: 'discover', kind: 'inspect', ingestion: await ingestion() },
          ...{ options: { priority: 'reconcile' }, dataset: datasetIdOf(location), location, reason: 'sweep' },
          ...{ force: false, nonce: freshNonce(), seen: '' },
        },
      ]);
    },
    async owners(workspace, names) {
      const places = names.map((name) => formatPlace({ workspace, name }));
      return (await asked(() => runScript(redis, OWNERS, [keys.root], places))) as Array<string | null>;
    },
  };
}
