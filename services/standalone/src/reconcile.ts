import { LOOKUP_SIZE, type Registered as Lookup, type Registrar } from '@geosluice/geonode';
import {
  datasetIdOf,
  GeosluiceError,
  type LedgerEntry,
  type Location,
  parseLocation,
  parseVersion,
  type RetiredContent,
  SILENT,
} from '@geosluice/jobs';
import type { Pipeline } from '@geosluice/pipeline';
import {
  type ReconcileOptions,
  type ReconcilePorts,
  type Registered,
  type Report,
  reconcile,
  type Summary,
} from '@geosluice/reconcile';
import { type Environment, loadConfig, PROCESSES } from '@geosluice/service-kit';
import {
  openGeoServer,
  openPipelineOf,
  openRegistrar,
  openRules,
  openStorage,
  openWriteGate,
  ruleDefaults,
  type Storage,
} from '@geosluice/service-wiring';
import { contentPrefix, datasetPrefix, looksAfter, ruledOptions, seenVersion, withDefaults } from '@geosluice/stages';

const PAGE = 100;

/** Opens every counterpart, compares them, and closes them again. */
export async function* reconcileAll(env: Environment, options: ReconcileOptions): AsyncGenerator<Report, Summary> {
  const { redis, target, source, rules } = PROCESSES.discover;
  const { geoserver: geoserverSection } = PROCESSES.publish;
  const { geonode } = PROCESSES.register;
  const config = loadConfig({ redis, target, source, rules, geoserver: geoserverSection, geonode }, env);
  const pipeline = await openPipelineOf(config, SILENT);
  const storage = openStorage(config, SILENT);
  const writes = openWriteGate(config, pipeline);
  const geoserver = openGeoServer(config, writes.through);
  const registrar = openRegistrar(config, SILENT);
  try {
    const { inventory } = geoserver;
    const ports: ReconcilePorts = {
      ledger: ledgerPorts(pipeline),
      source: sourcePorts(config, storage),
      bucket: bucketPorts(storage),
      geoserver: {
        ...inventory,
        remove: (node, at, signal) => inventory.remove(node, at, { signal, log: SILENT }),
      },
      geonode: geonodePorts(registrar),
    };
    return yield* reconcile(ports, options);
  } finally {
    await registrar.close();
    await geoserver.close();
    writes.close();
    await storage.close();
    await pipeline.close();
  }
}

function ledgerPorts({ ledger, recovery, retry, look }: Pipeline): ReconcilePorts['ledger'] {
  return {
    async *entries() {
      for (let cursor: string | null | undefined; cursor !== null; ) {
        const page: Awaited<ReturnType<typeof ledger.list>> = await ledger.list({
          ...{ state: 'visible', limit: PAGE },
          ...(cursor === undefined ? {} : { cursor }),
        });
        yield page.entries;
        cursor = page.cursor;
      }
    },
    get: (dataset) => ledger.get(dataset),
    count: async () => (await ledger.counts()).visible,
    owners: recovery.owners,
    isRetired: (content) => ledger.isRetired(content),
    async adopt({ dataset, sourceUri, generation, version, title, pk, uuid, url, kept }) {
      const location = locationOf(dataset, sourceUri);
      if (kept === null || location === null) return false;
      const geonode = { pk, uuid, url };
      return await recovery.adopt({ ...{ dataset, location, generation, version, title, geonode }, ...kept });
    },
    retry: (dataset) => retry(dataset, 'reconcile'),
    look,
    ask: ({ dataset, sourceUri }) => {
      const location = locationOf(dataset, sourceUri);
      // asked for by what is left of it, it would become another dataset
      if (location === null) throw new Error(`the whole address of ${sourceUri} is not known: ingest it again`);
      return recovery.ask(location);
    },
    retire: (content) => ledger.retire({ ...content, from: new Date() }),
    leave: (place) => ledger.leave(place),
  };
}

/** Where a dataset came from; null where that is kept without what made it this dataset, e.g. a query. */
function locationOf(dataset: string, sourceUri: string): Location | null {
  try {
    const location = parseLocation(sourceUri);
    return datasetIdOf(location) === dataset ? location : null;
  } catch {
    return null;
  }
}

type SourceConfig = Parameters<typeof openRules>[0] & Parameters<typeof ruleDefaults>[0];

function sourcePorts(config: SourceConfig, { sources }: Storage): ReconcilePorts['source'] {
  const [rules, defaults] = [openRules(config), ruleDefaults(config)];
  return {
    async look({ dataset, location, options, version }: LedgerEntry, signal) {
      const ruled = rules(location);
      const asked = ruledOptions(ruled, options);
      const watchful = looksAfter(ruled, { dataset, location }, withDefaults(asked, defaults).after);
      // a web server is not asked without need, and one content of many went with the next
      const cheap = location.kind !== 'https' && dataset === datasetIdOf(location);
      if (!watchful && !cheap) return null;
      try {
        if (!watchful) sources.checkAllowed(location);
        const seen = seenVersion(await sources.for(location).look(location, signal), asked);
        const { raster, metadata } = parseVersion(version);
        // options are no file's: the next listing takes them in
        return seen.raster === raster && seen.metadata === metadata ? null : 'changed';
      } catch (error) {
        if (!(error instanceof GeosluiceError)) throw error;
        if (watchful && error.code === 'SOURCE_GONE') return 'missed';
        // gone where layers are kept, or closed to us by now: the layer stays as it is
        if (!watchful && error.means === 'reject') return null;
        throw error;
      }
    },
  };
}

/** `<dataset>/<raster>/<file>` below the prefix. */
const CONTENT = /^(d[a-z2-7]{20})\/([a-z2-7]{10})\/[^/]+$/;

function bucketPorts({ store, target }: Storage): ReconcilePorts['bucket'] {
  const prefix = target.prefix === '' ? '' : `${target.prefix}/`;
  return {
    head: (object, signal) => store.head(object, signal),
    async *contents(signal) {
      let last = '';
      for await (const keys of store.keys(target.bucket, prefix, signal)) {
        const contents: RetiredContent[] = [];
        for (const key of keys) {
          const [, dataset, raster] = CONTENT.exec(key.slice(prefix.length)) ?? [];
          if (dataset === undefined || raster === undefined || last === `${dataset}/${raster}`) continue;
          last = `${dataset}/${raster}`;
          contents.push({ dataset, raster });
        }
        if (contents.length > 0) yield contents;
      }
    },
    uriOf: ({ dataset, raster }) => `s3://${target.bucket}/${contentPrefix(target, dataset, raster)}`,
    async remove(dataset, signal) {
      await store.deletePrefix(target.bucket, datasetPrefix(target, dataset), signal);
    },
  };
}

function geonodePorts(registrar: Registrar): ReconcilePorts['geonode'] {
  return {
    async of(datasets, signal) {
      const found: Lookup[] = [];
      for (let from = 0; from < datasets.length; from += LOOKUP_SIZE) {
        const some = datasets.slice(from, from + LOOKUP_SIZE);
        found.push(...(await registrar.lookup({ datasets: some }, signal)).registrations);
      }
      return found;
    },
    async *all(signal) {
      for (let after: number | null = 0; after !== null; ) {
        const page: Awaited<ReturnType<Registrar['lookup']>> = await registrar.lookup({ after }, signal);
        yield page.registrations;
        after = page.next;
      }
    },
    async unregister({ dataset, generation, alternate }: Registered, signal) {
      const [workspace = '', name = ''] = alternate.split(':');
      await registrar.unregister({ dataset, generation, workspace, name }, signal);
    },
  };
}
