import { randomBytes } from 'node:crypto';
import { type GeoServerOptions, type GeoServerStandIn, startGeoServer } from '../counterparts/geoserver/index.ts';
import type { S3Server } from '../counterparts/s3.ts';

export interface ChosenGeoServer {
  /** What only a stand-in has (requests, failures, its cluster) throws where a real one is named. */
  geoserver: GeoServerStandIn;
  /** The workspace to publish in; a fresh one in a GeoServer that others may use too. Undefined: the usual one. */
  workspace?: string;
}

type Access = Pick<GeoServerStandIn, 'url' | 'nodes' | 'user' | 'password' | 'alias'>;

const named = (name: string): string => process.env[`GEOSLUICE_TEST_GEOSERVER_${name}`] ?? '';

/** True where a real GeoServer is named: then only what both it and the stand-in can do is tested. */
export const geoserverIsNamed: boolean = named('URL') !== '';

/**
 * The GeoServer that GEOSLUICE_TEST_GEOSERVER_{URL,USER,PASSWORD,S3_ALIAS,NODES} name, which must read the S3 that
 * GEOSLUICE_TEST_S3_* name by that alias; else the stand-in.
 */
export async function chooseGeoServer(
  s3: S3Server,
  nodes: number,
  standIn: Pick<GeoServerOptions, 'latencies' | 'keepMaps'> = {},
): Promise<ChosenGeoServer> {
  if (!geoserverIsNamed) {
    return { geoserver: await startGeoServer({ ...standIn, s3, nodes }) };
  }
  const url = named('URL').replace(/\/+$/, '');
  const others = named('NODES')
    .split(',')
    .map((node) => node.trim().replace(/\/+$/, ''))
    .filter((node) => node !== '');
  const access: Access = {
    url,
    nodes: others.length === 0 ? [url] : others,
    user: named('USER') || 'admin',
    password: named('PASSWORD') || 'geoserver',
    alias: named('S3_ALIAS') || 's3main',
  };
  const workspace = `e2e_${randomBytes(4).toString('hex')}`;
  return { geoserver: real(access, () => deleteWorkspace(access, workspace)), workspace };
}

function real(access: Access, stop: () => Promise<void>): GeoServerStandIn {
  const refuse = (): never => {
    throw new Error('a real GeoServer is named: this is for the stand-in only');
  };
  return {
    ...access,
    get requests() {
      return refuse();
    },
    get failures() {
      return refuse();
    },
    get cluster() {
      return refuse();
    },
    get aliases() {
      return refuse();
    },
    count: refuse,
    holdS3: refuse,
    waiting: refuse,
    mostWrites: refuse,
    stop,
  };
}

async function deleteWorkspace({ url, user, password }: Access, workspace: string): Promise<void> {
  const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
  const address = `${url}/rest/workspaces/${workspace}?recurse=true`;
  const response = await fetch(address, { method: 'DELETE', headers: { authorization } });
  await response.body?.cancel();
}
