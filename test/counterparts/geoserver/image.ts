import { fileURLToPath } from 'node:url';
import type { LocalImage } from '../../kubernetes/kubelet/images.ts';

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));
const DOCKER = '../../../docker/geoserver';
const SECURITY = '../../fixtures/geoserver-security';

/** What stands for geosluice/geoserver: the image's own scripts and a data directory, and the stand-in for the server. */
export function geoserverImage(): LocalImage {
  return {
    is: 'the image’s own scripts, then the stand-in for GeoServer',
    entrypoint: ['/opt/geosluice/start.sh'],
    env: { GEOSERVER_STAND_IN_NODE: process.execPath, GEOSERVER_STAND_IN: path('pod.ts') },
    files: {
      '/opt/geosluice/start.sh': path(`${DOCKER}/start.sh`),
      '/opt/geosluice/seed.sh': path(`${DOCKER}/seed.sh`),
      '/opt/geosluice/properties.sh': path(`${DOCKER}/properties.sh`),
      '/opt/geosluice/data/security': path(SECURITY),
      '/opt/geosluice/data/global.xml': path(`${SECURITY}/global.xml`),
      '/usr/local/bin/catalina.sh': path('catalina.sh'),
    },
    visible: [process.execPath],
    user: 65532,
    group: 65532,
  };
}
