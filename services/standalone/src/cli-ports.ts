import { homedir, hostname } from 'node:os';
import { join } from 'node:path';
import { type CliPorts, createFileMemory, createInbox, inspectFile } from '@geosluice/cli';
import { createGatewayClient } from '@geosluice/gateway-api';
import { readRaster } from '@geosluice/geotiff';
import { type Location, parseLocation, type S3Location, SILENT } from '@geosluice/jobs';
import { readSidecar } from '@geosluice/metadata';
import { createObjectStore, createS3Client } from '@geosluice/object-store';
import {
  CLIENT,
  ConfigError,
  describeConfig,
  type Environment,
  loadConfig,
  RULES,
  SOURCE,
  TARGET,
} from '@geosluice/service-kit';
import { openStorage } from '@geosluice/service-wiring';
import { openSources } from '@geosluice/sources';
import { doctor } from './doctor.ts';
import { reconcileAll } from './reconcile.ts';
import { up } from './up.ts';

/** What the commands need, made from the environment when a command asks for it. */
export function cliPorts(env: Environment): CliPorts {
  return {
    gateway() {
      const { client } = loadConfig({ client: CLIENT }, env);
      return createGatewayClient({ url: client.url, key: client.key ?? null });
    },
    inbox() {
      const config = loadConfig({ client: CLIENT, target: TARGET, source: SOURCE, rules: RULES }, withTarget(env));
      const inbox = inboxOf(config.client, 'a path of this machine is uploaded there first');
      return createInbox({
        files: (root) => filesBelow(root).for({ kind: 'file', path: root }),
        store: openStorage(config, SILENT).storeOf(inbox.bucket),
        inbox,
        machine: config.client.machine ?? hostname().replace(/[^A-Za-z0-9._-]/g, '-'),
        memory: createFileMemory(
          join(env.XDG_STATE_HOME ?? join(homedir(), '.local', 'state'), 'geosluice', 'uploads.json'),
        ),
      });
    },
    scratch() {
      const config = loadConfig({ client: CLIENT, target: TARGET, source: SOURCE, rules: RULES }, withTarget(env));
      const inbox = inboxOf(config.client, 'the raster is put there');
      const store = openStorage(config, SILENT).storeOf(inbox.bucket);
      const locationOf = (name: string): S3Location => ({ ...inbox, key: `${inbox.key}${name}` });
      return {
        locationOf,
        async put(name, body, { contentType, signal }) {
          await store.put(locationOf(name), body, { contentType, signal });
        },
        async remove(location, signal) {
          if (location.kind === 's3') await store.deleteObject(location, { signal });
        },
      };
    },
    async sweepUploads(olderThanMs, signal) {
      const { target } = loadConfig({ target: TARGET }, env);
      const client = createS3Client(target);
      try {
        return await createObjectStore({ client }).abortStale(target.bucket, `${target.prefix}/`, olderThanMs, {
          signal,
        });
      } finally {
        client.destroy();
      }
    },
    async fetch(url, signal) {
      const answer = await fetch(url, { signal });
      const type = answer.headers.get('content-type') ?? '';
      return { status: answer.status, type, bytes: Buffer.from(await answer.arrayBuffer()) };
    },
    inspect: (location, options, signal) => {
      const { source } = loadConfig({ source: SOURCE }, env);
      const compressions = source.compressions.map(Number);
      const read: typeof readRaster = (reader, given) => readRaster(reader, { ...given, compressions });
      const maxCopyBytes = source.maxSpoolGib * 1024 ** 3;
      const ports = { sources: sourcesFor(location, env), readRaster: read, readSidecar, maxCopyBytes };
      return inspectFile(location, options, ports, signal);
    },
    doctor: (signal) => doctor(env, signal),
    reconcile: (options) => reconcileAll(env, options),
    up: (signal) => up(env, signal),
    config: () => describeConfig(env),
  };
}

/** The inbox that is configured. @throws ConfigError where none is */
function inboxOf({ inbox }: { inbox?: string | undefined }, why: string): S3Location {
  if (inbox === undefined) throw new ConfigError([`GEOSLUICE_INBOX is missing: ${why}, e.g. s3://inbox/cli/`]);
  return parseLocation(inbox) as S3Location;
}

function filesBelow(root: string) {
  return openSources({ allow: { buckets: [], hosts: [], roots: [root] } });
}

/** Who only reads a source, or fills an inbox, need not know the target bucket. */
function withTarget(env: Environment): Environment {
  return { GEOSLUICE_S3_BUCKET: 'not-asked-for', ...env };
}

/** A person who inspects a file may read what that person may read: allow-lists are for workers. */
function sourcesFor(location: Location, env: Environment) {
  if (location.kind === 'file') return filesBelow('/');
  if (location.kind === 'https') {
    const { protocol, host } = new URL(location.url);
    const allowed = protocol === 'http:' ? `http://${host}` : host;
    return openSources({ allow: { buckets: [], hosts: [allowed], roots: [] } });
  }
  const config = loadConfig({ target: TARGET, source: SOURCE, rules: RULES }, withTarget(env));
  const open = { ...config, source: { ...config.source, allowBuckets: [location.bucket] } };
  return openStorage(open, SILENT).sources;
}
