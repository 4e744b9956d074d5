import { createGeoServer, type GeoServer, type WriteGate } from '@geosluice/geoserver';
import type { PublishConfig } from './config.ts';

export function openGeoServer({ geoserver }: Pick<PublishConfig, 'geoserver'>, writes?: WriteGate): GeoServer {
  return createGeoServer({
    url: geoserver.url,
    nodes: geoserver.nodes,
    publicUrl: geoserver.publicUrl,
    user: geoserver.user,
    password: geoserver.password,
    s3geotiff: geoserver.alias === undefined ? { awsRegion: geoserver.awsRegion } : { alias: geoserver.alias },
    cog: geoserver.cogBaseUrl === undefined ? { range: 'S3' } : { range: 'HTTP', baseUrl: geoserver.cogBaseUrl },
    drawnDeadlineMs: geoserver.drawnDeadlineSeconds * 1000,
    writeTimeoutMs: geoserver.writeTimeoutSeconds * 1000,
    writes,
  });
}
