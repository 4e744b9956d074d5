import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { type BenchGeoServer, startBenchGeoServer } from './geoserver.ts';
import { layersOf } from './layers.ts';

suite('[bench] GeoServer’s part', () => {
  let geoserver: BenchGeoServer;
  before(async () => {
    geoserver = await startBenchGeoServer();
  });
  after(() => geoserver.stop());

  const ask = (path: string, method = 'GET'): Promise<Response> =>
    fetch(`${geoserver.url}${path}`, {
      method,
      headers: { authorization: `Basic ${Buffer.from('admin:geoserver').toString('base64')}` },
    });

  test('it has the layers it was given, with store, coverage and a style each, and no longer those before', async () => {
    const [layer] = layersOf('ws_1', 7, 1);
    assert.ok(layer);
    await geoserver.hold([layer]);
    const { name } = layer;
    const stores = await (await ask('rest/workspaces/ws_1/coveragestores.xml')).text();
    assert.match(stores, new RegExp(`<name>${name}</name>`));
    const coverage = await (await ask(`rest/workspaces/ws_1/coveragestores/${name}/coverages/${name}.xml`)).text();
    assert.match(coverage, new RegExp(`<title>${layer.title}</title>`));
    assert.match(coverage, /<srs>EPSG:32633<\/srs>/);
    assert.match(await (await ask(`rest/layers/ws_1:${name}.xml`)).text(), new RegExp(`<name>ws_1:${name}</name>`));
    assert.equal((await ask(`rest/workspaces/ws_1/styles/${name}.json`)).status, 200);
    await geoserver.hold([]);
    assert.equal((await ask(`rest/layers/ws_1:${name}.xml`)).status, 404);
  });

  test('unlisted, a layer is there, and its store tells of no coverage', async () => {
    const layers = layersOf('ws_1', 7, 1);
    await geoserver.hold(layers, false);
    const name = layers[0]?.name ?? '';
    assert.equal((await ask(`gwc/rest/layers/ws_1:${name}.xml`)).status, 200);
    const coverages = await (await ask(`rest/workspaces/ws_1/coveragestores/${name}/coverages.xml`)).text();
    assert.doesNotMatch(coverages, /<name>/);
  });

  test('a global style is found whatever its name, also once it was deleted', async () => {
    for (let time = 0; time < 2; time += 1) {
      assert.equal((await ask('rest/styles/layer_x.json')).status, 200);
      assert.equal((await ask('rest/styles/layer_x.xml?purge=True', 'DELETE')).status, 200);
    }
  });

  test('what it was asked is told once, with its answer', async () => {
    await geoserver.take();
    await (await ask('rest/workspaces.xml')).text();
    await (await ask('rest/nothing.xml')).text();
    const asked = await geoserver.take();
    assert.deepEqual(
      asked.map(({ method, path, status }) => [method, path, status]),
      [
        ['GET', '/geoserver/rest/workspaces.xml', 200],
        ['GET', '/geoserver/rest/nothing.xml', 404],
      ],
    );
    assert.ok(asked.every(({ ms }) => ms >= 0));
    assert.deepEqual(await geoserver.take(), []);
  });
});
