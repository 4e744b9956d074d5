import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { decode } from 'fast-png';
import type { GeoServerStandIn } from './index.ts';
import { makeRaster, requestFor, type Subject, startSubject } from './subject.ts';

describe('the stand-in keeps the hazards of the real one', () => {
  let subject: Subject;
  let standIn: GeoServerStandIn;
  before(async () => {
    subject = await startSubject({ onlyStandIn: true, nodes: 2 });
    standIn = subject.standIn!;
  });
  after(() => subject?.stop());

  const mapUrl = (node: string, workspace: string, name: string, bbox: readonly number[]) =>
    `${node}/${workspace}/${name}/wms?service=WMS&version=1.1.1&request=GetMap&layers=${name}&styles=&bbox=${bbox.join(',')}&srs=EPSG:32633&width=16&height=16&format=image/png`;
  const firstPixel = async (url: string) => decode(new Uint8Array(await (await fetch(url)).arrayBuffer())).data[0];

  test('one lock: while S3 keeps a publish waiting, the catalog waits, and version and maps do not', async () => {
    const { bytes, facts } = makeRaster({ width: 64, height: 64, epsg: 32633 });
    const shown = requestFor(subject, facts);
    await subject.put(shown.object.key, bytes);
    await subject.geoserver.publish(shown);
    const url = mapUrl(standIn.url, shown.workspace, shown.name, facts.nativeBbox);

    const next = requestFor(subject, facts);
    await subject.put(next.object.key, bytes);
    const release = standIn.holdS3();
    const publishing = subject.geoserver.publish(next);
    while (!standIn.requests.some((each) => each.method === 'POST' && each.path.includes(`/${next.name}/coverages`)))
      await new Promise((resolve) => setImmediate(resolve));
    let listed = false;
    const listing = subject.ask('GET', '/rest/workspaces.json').then(() => {
      listed = true;
    });
    assert.equal((await subject.ask('GET', '/rest/about/version.json')).status, 200);
    const missing = await fetch(url.replaceAll(shown.name, 'not_there'));
    assert.match(missing.headers.get('content-type') ?? '', /se_xml/);
    assert.equal(listed, false);
    release();
    await publishing;
    await listing;
    assert.equal(listed, true);
  });

  test('an object overwritten at its size serves old pixels, whatever is reset', async () => {
    const before = makeRaster({ width: 64, height: 64, epsg: 32633, pixel: () => 10 });
    const after = makeRaster({ width: 64, height: 64, epsg: 32633, pixel: () => 99 });
    assert.equal(before.bytes.length, after.bytes.length);
    const request = requestFor(subject, before.facts);
    await subject.put(request.object.key, before.bytes);
    await subject.geoserver.publish(request);
    const url = mapUrl(standIn.url, request.workspace, request.name, before.facts.nativeBbox);
    assert.equal(await firstPixel(url), 10);
    await subject.put(request.object.key, after.bytes);
    await subject.ask('POST', '/rest/reset');
    assert.equal(await firstPixel(url), 10);
    assert.equal(standIn.count('POST /geoserver/rest/reset'), 1);
  });

  test('a change reaches the other node later, in order', async () => {
    const { bytes, facts } = makeRaster({ width: 64, height: 64, epsg: 32633, pixel: () => 77 });
    const request = requestFor(subject, facts);
    await subject.put(request.object.key, bytes);
    standIn.cluster.pause(1);
    await subject.geoserver.publish(request);
    const url = mapUrl(standIn.nodes[1]!, request.workspace, request.name, facts.nativeBbox);
    assert.match(await (await fetch(url)).text(), /LayerNotDefined/);
    standIn.cluster.resume(1);
    await standIn.cluster.settled();
    assert.equal(await firstPixel(url), 77);
  });

  test('a map at 1.3.0 has latitude first, and another CRS is drawn by reprojection', async () => {
    const { bytes, facts } = makeRaster({ width: 256, height: 256, epsg: 32633, pixel: (x) => (x < 128 ? 50 : 200) });
    const request = requestFor(subject, facts);
    await subject.put(request.object.key, bytes);
    await subject.geoserver.publish(request);
    // the western half of the raster, in degrees
    const url = `${standIn.url}/${request.workspace}/${request.name}/wms?service=WMS&version=1.3.0&request=GetMap&layers=${request.name}&styles=&bbox=46.035,15.002,46.05,15.014&crs=EPSG:4326&width=16&height=16&format=image/png&transparent=true`;
    const png = decode(new Uint8Array(await (await fetch(url)).arrayBuffer()));
    assert.equal(png.channels, 4);
    assert.deepEqual([...png.data.slice(0, 4)], [50, 50, 50, 255]);
  });

  test('GeoNode finds rules, cached layers, XML lists and capabilities', async () => {
    assert.deepEqual(await (await subject.ask('GET', '/rest/geofence/rules.json')).json(), { count: 0, rules: [] });
    assert.equal((await subject.ask('POST', '/rest/geofence/batch/exec')).status, 200);
    assert.match(await (await subject.ask('GET', '/rest/workspaces.xml')).text(), /<name>geosluice_test<\/name>/);
    const name = standIn.requests.length > 0 ? await (await subject.ask('GET', '/rest/layers.json')).json() : null;
    const first = (name as { layers: { layer: Array<{ name: string }> } }).layers.layer[0]?.name ?? '';
    assert.equal((await subject.ask('GET', `/gwc/rest/layers/${first}.xml`)).status, 200);
    const capabilities = await (
      await fetch(`${standIn.url}/ows?service=WMS&version=1.3.0&request=GetCapabilities`)
    ).text();
    assert.ok(capabilities.includes(`<Name>${first}</Name>`));
    assert.equal((await subject.ask('GET', '/rest/nothing')).status, 404);
  });
});
