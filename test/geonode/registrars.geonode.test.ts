import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { createCommandRegistrar, createHttpRegistrar } from '@geosluice/geonode';
import { type GeonodeServer, geonodeIsNamed, startGeonode, TESTED_VERSIONS } from '../counterparts/geonode.ts';
import { registrarConformance } from '../ports/registrar-conformance.ts';
import { type SilentGeoserver, startSilentGeoserver } from './silent-geoserver.ts';

for (const version of TESTED_VERSIONS) {
  suite(`GeoNode ${version}`, () => {
    let geoserver: SilentGeoserver;
    let geonode: GeonodeServer;

    before(async () => {
      geoserver = await startSilentGeoserver();
      geonode = await startGeonode({ geoserver, version });
    });
    after(async () => {
      await geonode?.stop();
      await geoserver?.stop();
    });

    registrarConformance('over HTTP', async () => createHttpRegistrar(geonode));

    if (!geonodeIsNamed) {
      registrarConformance('by command', async () => {
        const command = [geonode.python, '-m', 'django', 'geosluice_register'];
        return createCommandRegistrar({ command, env: geonode.env });
      });
    }

    test('all of that was done without one call to GeoServer', () => {
      assert.deepEqual(geoserver.requests, []);
    });

    test('a wrong password and a GeoNode without the app are told apart', async (t) => {
      const signal = AbortSignal.timeout(60_000);
      const stranger = createHttpRegistrar({ ...geonode, password: 'wrong' });
      const elsewhere = createHttpRegistrar({ ...geonode, url: `${geonode.url}/nowhere` });
      t.after(() => Promise.all([stranger.close(), elsewhere.close()]));
      await assert.rejects(stranger.check(signal), { code: 'GEONODE_UNAUTHORIZED', down: true });
      await assert.rejects(elsewhere.check(signal), { code: 'GEONODE_NO_APP', down: true });
    });
  });
}
