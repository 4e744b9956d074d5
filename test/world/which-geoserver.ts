import { randomBytes } from 'node:crypto';
import { type GeoServerStandIn, startGeoServer } from '../counterparts/geoserver/index.ts';
import type { S3Server } from '../counterparts/s3.ts';

/** A GeoServer, or a cluster of them, as geosluice is told of it. */
export interface GeoServerAccess {
  /** The primary, with its path. */
  url: string;
  /** Every node, the primary first. */
  nodes: readonly string[];
  user: string;
  password: string;
  /** Name of the S3 in the nodes' s3.properties. */
  alias: string;
}

export interface ChosenGeoServer {
  access: GeoServerAccess;
  /** Null where a real one is named. */
  standIn: GeoServerStandIn | null;
  /** The workspace to publish in; a fresh one in a GeoServer that others may use too. Undefined: the usual one. */
  workspace?: string;
  stop(): Promise<void>;
}

const named = (name: string): string => process.env[`GEOSLUICE_TEST_GEOSERVER_${name}`] ?? '';

/** True where a real GeoServer is named: then only what both it and the stand-in can do is tested. */
export const geoserverIsNamed: boolean = named('URL') !== '';

/**
 * The GeoServer that GEOSLUICE_TEST_GEOSERVER_{URL,USER,PASSWORD,S3_ALIAS,NODES} name, which must read the S3 that
 * GEOSLUICE_TEST_S3_* name by that alias; else the stand-in.
 */
export async function chooseGeoServer(s3: S3Server, nodes: number): Promise<ChosenGeoServer> {
  if (!geoserverIsNamed) {
    const standIn = await startGeoServer({ s3, nodes });
    return { access: standIn, standIn, stop: standIn.stop };
  }
  const url = named('URL').replace(/\/+$/, '');
  const others = named('NODES')
    .split(',')
    .map((node) => node.trim().replace(/\/+$/, ''))
    .filter((node) => node !== '');
  const access: GeoServerAccess = {
    url,
    nodes: others.length === 0 ? [url] : others,
    user: named('USER') || 'admin',
    password: named('PASSWORD') || 'geoserver',
    alias: named('S3_ALIAS') || 's3main',
  };
  const workspace = `e2e_${randomBytes(4).toString('hex')}`;
  return { access, standIn: null, workspace, stop: () => deleteWorkspace(access, workspace) };
}

async function deleteWorkspace({ url, user, password }: GeoServerAccess, workspace: string): Promise<void> {
  const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
  const address = `${url}/rest/workspaces/${workspace}?recurse=true`;
  const response = await fetch(address, { method: 'DELETE', headers: { authorization } });
  await response.body?.cancel();
}
