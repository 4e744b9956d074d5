import type { CheckResult } from '@geosluice/cli';
import { createGatewayClient } from '@geosluice/gateway-api';
import { SILENT } from '@geosluice/jobs';
import { CLIENT, ConfigError, type Environment, loadConfig, PROCESSES } from '@geosluice/service-kit';
import { openGeoServer, openPipelineOf, openRegistrar, openStorage } from '@geosluice/service-wiring';

interface Check {
  counterpart: string;
  /** @returns what was found */
  run(signal: AbortSignal): Promise<string>;
  advice: string;
}

/** Tries every counterpart, one after another; a failed one does not keep the others from being tried. */
export async function* doctor(env: Environment, signal: AbortSignal): AsyncGenerator<CheckResult> {
  for (const { counterpart, run, advice } of checks(env)) {
    signal.throwIfAborted();
    try {
      yield { counterpart, ok: true, found: await run(AbortSignal.any([signal, AbortSignal.timeout(30_000)])) };
    } catch (error) {
      signal.throwIfAborted();
      const said = error instanceof ConfigError ? error.problems.join('; ') : (error as Error).message;
      const found = said.split('\n').join(' ').slice(0, 500);
      yield { counterpart, ok: false, found, advice };
    }
  }
}

function checks(env: Environment): Array<Check> {
  const { redis, target, source, rules } = PROCESSES.upload;
  return [
    {
      counterpart: 'redis',
      advice: 'start Redis, set GEOSLUICE_REDIS_URL, and on it: CONFIG SET maxmemory-policy noeviction',
      async run() {
        const pipeline = await openPipelineOf(loadConfig({ redis }, env), SILENT);
        try {
          const counts = await pipeline.ledger.counts();
          return `answers, keeps what it is given; ${Object.values(counts).reduce((a, b) => a + b, 0)} datasets in the ledger`;
        } finally {
          await pipeline.close();
        }
      },
    },
    {
      counterpart: 'target bucket',
      advice:
        'check GEOSLUICE_S3_ENDPOINT, GEOSLUICE_S3_BUCKET and the keys: they must put, get, list and delete below GEOSLUICE_S3_PREFIX',
      async run(signal) {
        const config = loadConfig({ target, source, rules }, env);
        const storage = openStorage(config, SILENT);
        const probe = {
          bucket: config.target.bucket,
          key: `${config.target.prefix}/.doctor-${process.pid}-${Date.now()}`,
        };
        try {
          await storage.store.put(probe, 'geosluice', { contentType: 'text/plain', signal });
          const back = await storage.store.get(probe, { maxBytes: 100, signal });
          if (back?.body.toString() !== 'geosluice') throw new Error('what was written came back changed');
          await storage.store.deleteObject(probe, { signal });
          return `s3://${config.target.bucket}/${config.target.prefix}/ is written, read and deleted`;
        } finally {
          await storage.close();
        }
      },
    },
    ...inboxChecks(env),
    {
      counterpart: 'geoserver',
      advice:
        'check GEOSLUICE_GEOSERVER_URL, _USER, _PASSWORD and _NODES; every node needs the S3GeoTiff or COG module',
      async run(signal) {
        const geoserver = openGeoServer(loadConfig({ geoserver: PROCESSES.publish.geoserver }, env));
        try {
          const check = await geoserver.check(signal);
          const told = check.nodes.map(({ url, version, problems }) =>
            [`${url} ${version === null ? 'does not answer' : `is GeoServer ${version}`}`, ...problems].join(': '),
          );
          if (!check.ok) throw new Error(told.join('; '));
          return told.join('; ');
        } finally {
          await geoserver.close();
        }
      },
    },
    {
      counterpart: 'geonode',
      advice:
        'install the geosluice app in GeoNode (docs/geonode.md), check GEOSLUICE_GEONODE_URL and the admin’s credentials',
      async run(signal) {
        const registrar = openRegistrar(loadConfig({ geonode: PROCESSES.register.geonode }, env), SILENT);
        try {
          return `the app answers: ${JSON.stringify(await registrar.check(signal))}`;
        } finally {
          await registrar.close();
        }
      },
    },
    {
      counterpart: 'gateway',
      advice: 'start the gateway (geosluice up), check GEOSLUICE_URL and GEOSLUICE_KEY',
      async run(signal) {
        const { client } = loadConfig({ client: CLIENT }, env);
        const { queues } = await createGatewayClient({ url: client.url, key: client.key ?? null }).status(signal);
        const held = Object.entries(queues).filter(([, { heldForMs }]) => heldForMs > 0);
        return `${client.url} answers${held.length > 0 ? `; held: ${held.map(([name]) => name).join(', ')}` : ''}`;
      },
    },
  ];
}

/** Each allowed bucket is listed once: a 403 is not an empty prefix. */
function inboxChecks(env: Environment): Array<Check> {
  const buckets = (env.GEOSLUICE_ALLOW_BUCKETS ?? '').split(',').map((item) => item.trim());
  return buckets
    .filter((item) => item !== '' && item !== '*')
    .map((item) => ({
      counterpart: `source ${item}`,
      advice: 'grant list and read on it, or take it out of GEOSLUICE_ALLOW_BUCKETS',
      async run(signal) {
        const { target, source, rules } = PROCESSES.upload;
        const storage = openStorage(loadConfig({ target, source, rules }, env), SILENT);
        const slash = item.indexOf('/');
        const [bucket, key] = slash < 0 ? [item, ''] : [item.slice(0, slash), item.slice(slash + 1)];
        try {
          const location = { kind: 's3', bucket, key } as const;
          const page = await storage.sources.for(location).list(location, { signal });
          return `is listed: ${page.candidates.length} rasters and ${page.prefixes.length} folders on the first page`;
        } finally {
          await storage.close();
        }
      },
    }));
}
