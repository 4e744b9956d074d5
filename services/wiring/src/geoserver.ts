import { createGeoServer, type GeoServer, type WriteGate } from '@geosluice/geoserver';
import type { Gate, Pipeline } from '@geosluice/pipeline';
import type { PublishConfig } from './config.ts';

/** What whoever writes to GeoServer goes through: all processes together send it so many writes at a time as are worth it. */
export function openWriteGate({ geoserver }: Pick<PublishConfig, 'geoserver'>, pipeline: Pipeline): Gate {
  return pipeline.gate('geoserver', { most: geoserver.writeConcurrency });
}

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
