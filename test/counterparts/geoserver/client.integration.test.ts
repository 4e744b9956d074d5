import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { GeoServerError, type PublishRequest } from '@geosluice/geoserver';
import { SILENT } from '@geosluice/jobs';
import { decode } from 'fast-png';
import { makeRaster, requestFor, type Subject, startSubject } from './subject.ts';

const SLD = (title: string) =>
  `<?xml version="1.0" encoding="UTF-8"?>
<StyledLayerDescriptor version="1.0.0" xmlns="http://www.opengis.net/sld"><NamedLayer><Name>s</Name><UserStyle><Title>${title}</Title><FeatureTypeStyle><Rule><RasterSymbolizer/></Rule></FeatureTypeStyle></UserStyle></NamedLayer></StyledLayerDescriptor>`;

type Coverage = Record<string, unknown> & { nativeBoundingBox: Record<string, unknown> };

describe('[contract] the client publishes to a cluster', () => {
  let subject: Subject;
  before(async () => {
    subject = await startSubject();
  });
  after(async () => {
    await subject?.ask('DELETE', '/rest/workspaces/geosluice_test?recurse=true');
    await subject?.stop();
  });

  const drawn = (request: PublishRequest, layer: Awaited<ReturnType<Subject['geoserver']['publish']>>) =>
    subject.geoserver.drawn({
      layer,
      object: request.object,
      facts: request.facts,
      signal: request.signal,
      log: SILENT,
    });
  const coverageOf = async (request: PublishRequest) => {
    const path = `/rest/workspaces/${request.workspace}/coveragestores/${request.name}/coverages/${request.name}.json`;
    const document = (await (await subject.ask('GET', path)).json()) as { coverage: Coverage };
    return document.coverage;
  };

  test('a new raster becomes a layer with its title, which every node draws', async () => {
    const { bytes, facts } = makeRaster({ width: 100, height: 80, bands: 3, epsg: 32633 });
    const request = requestFor(subject, facts);
    await subject.put(request.object.key, bytes);
    const layer = await subject.geoserver.publish(request);
    assert.equal(layer.wms, `${subject.url}/geosluice_test/${request.name}/wms`);
    assert.equal(layer.srs, 'EPSG:32633');
    await drawn(request, layer);
    const coverage = await coverageOf(request);
    assert.equal(coverage.title, 'A scene');
    assert.equal(coverage.abstract, 'What it shows');
    assert.deepEqual(coverage.keywords, { string: ['one', 'two'] });
    assert.equal(coverage.nativeCoverageName, request.name);
    // GeoServer itself found the bands
    assert.ok(coverage.dimensions);
  });

  test('publishing it again confirms it and writes nothing', async () => {
    const { bytes, facts } = makeRaster({ width: 64, height: 64, epsg: 32633 });
    const request = requestFor(subject, facts, {
      metadataLinks: [{ type: 'text/xml', metadataType: 'other', url: 'https://example.org/record.xml' }],
      title: '2020',
    });
    await subject.put(request.object.key, bytes);
    const first = await subject.geoserver.publish(request);
    const seen = subject.standIn?.requests.length ?? 0;
    assert.deepEqual(await subject.geoserver.publish(request), first);
    const writes = subject.standIn?.requests.slice(seen).filter((each) => each.method !== 'GET') ?? [];
    assert.deepEqual(writes, []);
  });

  test('a layer that a person deleted comes back, though its coverage stayed', async () => {
    const { bytes, facts } = makeRaster({ width: 64, height: 64, epsg: 32633 });
    const request = requestFor(subject, facts);
    await subject.put(request.object.key, bytes);
    const layer = await subject.geoserver.publish(request);
    await drawn(request, layer);
    const path = `/rest/layers/${request.workspace}:${request.name}`;
    assert.equal((await subject.ask('DELETE', path)).status, 200);
    const coverage = `/rest/workspaces/${request.workspace}/coveragestores/${request.name}/coverages/${request.name}.json`;
    assert.equal((await subject.ask('GET', coverage)).status, 200);
    await drawn(request, await subject.geoserver.publish(request));
    assert.equal((await subject.ask('GET', `${path}.json`)).status, 200);
  });

  test('the inventory of a node names its stores, whose they are and what they show', async () => {
    const { bytes, facts } = makeRaster({ width: 64, height: 64, epsg: 32633 });
    const request = requestFor(subject, facts);
    await subject.put(request.object.key, bytes);
    const layer = await subject.geoserver.publish(request);
    await drawn(request, layer);
    const { inventory } = subject.geoserver;
    const { signal, workspace, name, dataset } = request;
    const nodes = await inventory.nodes(signal);
    for (const node of nodes) {
      assert.ok((await inventory.workspaces(node, signal)).includes(workspace));
      const names: string[] = [];
      for await (const some of inventory.names(node, workspace, signal)) names.push(...some);
      assert.ok(names.includes(name));
      assert.deepEqual(await inventory.store(node, { workspace, name }, signal), {
        ...{ url: inventory.urlOf(layer, request.object), dataset, enabled: true, complete: true, style: 'raster' },
      });
      assert.equal(await inventory.store(node, { workspace, name: 'nobody' }, signal), null);
    }
    const [primary = ''] = nodes;
    await subject.ask('DELETE', `/rest/workspaces/${workspace}/layers/${name}`);
    const bare = await inventory.store(primary, { workspace, name }, signal);
    assert.deepEqual([bare?.complete, bare?.style], [false, null], 'its coverage alone makes no layer');
    await inventory.remove(primary, { workspace, name, dataset: 'another' }, { signal, log: SILENT });
    assert.notEqual(await inventory.store(primary, { workspace, name }, signal), null, 'of another dataset');
    await inventory.remove(primary, { workspace, name, dataset }, { signal, log: SILENT });
    assert.equal(await inventory.store(primary, { workspace, name }, signal), null);
  });

  test('a changed title alone changes the layer', async () => {
    const { bytes, facts } = makeRaster({ width: 64, height: 64, epsg: 32633 });
    const request = requestFor(subject, facts);
    await subject.put(request.object.key, bytes);
    await subject.geoserver.publish(request);
    await subject.geoserver.publish({ ...request, title: 'Another title', keywords: [] });
    const coverage = await coverageOf(request);
    assert.equal(coverage.title, 'Another title');
    assert.deepEqual(coverage.keywords, { string: request.name });
  });

  test('a new version moves the layer to its object, with its bounds, bands and pixels', async () => {
    const before = makeRaster({ width: 64, height: 64, epsg: 32633, pixel: () => 40 });
    const request = requestFor(subject, before.facts);
    await subject.put(request.object.key, before.bytes);
    await drawn(request, await subject.geoserver.publish(request));

    const now = makeRaster(
      { width: 128, height: 96, bands: 3, epsg: 32634, origin: [300_000, 5_000_000], pixel: () => 200, nodata: 7 },
      'EPSG:32634',
    );
    const object = { ...request.object, key: request.object.key.replace('/v1/', '/v2/') };
    const wgs84Bbox: typeof now.facts.wgs84Bbox = [18.4, 45.1, 18.5, 45.2];
    const next = { ...request, object, facts: { ...now.facts, wgs84Bbox } };
    await subject.put(object.key, now.bytes);
    const layer = await subject.geoserver.publish(next);
    await drawn(next, layer);

    const coverage = await coverageOf(request);
    assert.equal(coverage.srs, 'EPSG:32634');
    assert.equal(coverage.nativeBoundingBox.minx, 300_000);
    assert.equal(coverage.nativeBoundingBox.miny, 4_999_040);
    const { minx, miny, maxx, maxy } = coverage.latLonBoundingBox as Record<string, number>;
    assert.deepEqual([minx, miny, maxx, maxy], wgs84Bbox);
    const { coverageDimension: bands } = coverage.dimensions as {
      coverageDimension: Array<{ name: string; nullValues?: { double: unknown } }>;
    };
    assert.deepEqual(
      bands.map(({ name, nullValues }) => [name, Number(nullValues?.double)]),
      [
        ['RED_BAND', 7],
        ['GREEN_BAND', 7],
        ['BLUE_BAND', 7],
      ],
    );

    // and back to a value that is none, where nothing else differs: bytes of the same size
    const last = { ...next, facts: { ...next.facts, nodata: '9' } };
    await subject.geoserver.publish(last);
    const { dimensions } = await coverageOf(request);
    assert.match(JSON.stringify(dimensions), /"nullValues":\{"double":"?9/);
    for (const node of subject.nodes) {
      const url = new URL(`${node}/geosluice_test/${request.name}/wms`);
      const box = now.facts.nativeBbox.join(',');
      url.search = `service=WMS&version=1.1.1&request=GetMap&layers=${request.name}&styles=&bbox=${box}&srs=EPSG:32634&width=32&height=32&format=image/png`;
      const png = decode(new Uint8Array(await (await fetch(url)).arrayBuffer()));
      assert.equal(png.data[0], 200);
    }
  });

  test('a raster without a CRS is published by the declared one', async () => {
    const { bytes, facts } = makeRaster({ width: 64, height: 64 });
    const request = requestFor(subject, facts);
    await subject.put(request.object.key, bytes);
    await drawn(request, await subject.geoserver.publish(request));
    const coverage = await coverageOf(request);
    assert.equal(coverage.srs, 'EPSG:32633');
    assert.equal(coverage.projectionPolicy, 'FORCE_DECLARED');
    assert.equal(coverage.title, 'A scene');
    assert.ok(coverage.dimensions);
  });

  test('a store of type cog is published and drawn', async () => {
    const { bytes, facts } = makeRaster({ width: 64, height: 64, epsg: 32633 });
    const request = requestFor(subject, facts, { storeType: 'cog' });
    await subject.put(request.object.key, bytes);
    await drawn(request, await subject.geoserver.publish(request));
  });

  test('a layer may change from one kind of store to the other', async () => {
    const { bytes, facts } = makeRaster({ width: 64, height: 64, epsg: 32633 });
    const request = requestFor(subject, facts);
    await subject.put(request.object.key, bytes);
    await subject.geoserver.publish(request);
    const changed = { ...request, storeType: 'cog' as const };
    await drawn(changed, await subject.geoserver.publish(changed));
  });

  test('folders and names with dots are no obstacle', async () => {
    const { bytes, facts } = makeRaster({ width: 64, height: 64, epsg: 32633 });
    const request = requestFor(subject, facts);
    const object = { bucket: subject.bucket, key: `rasters/v1.2/${request.dataset}/my.scene_01.tif` };
    await subject.put(object.key, bytes);
    await drawn({ ...request, object }, await subject.geoserver.publish({ ...request, object }));
  });

  test('a raster of nothing but sparse tiles, or of nothing but nodata, counts as drawn', async () => {
    for (const raster of [
      { width: 64, height: 64, epsg: 32633, sparse: () => true, nodata: 0 },
      { width: 64, height: 64, epsg: 32633, pixel: () => 7, nodata: 7 },
    ]) {
      const { bytes, facts } = makeRaster(raster);
      const request = requestFor(subject, facts);
      await subject.put(request.object.key, bytes);
      await drawn(request, await subject.geoserver.publish(request));
    }
  });

  test('twenty equal publishes at once make one layer, and all succeed', async () => {
    const { bytes, facts } = makeRaster({ width: 64, height: 64, epsg: 32633 });
    const request = requestFor(subject, facts, { workspace: `geosluice_race_${process.pid}` });
    await subject.put(request.object.key, bytes);
    const layers = await Promise.all(Array.from({ length: 20 }, () => subject.geoserver.publish(request)));
    for (const layer of layers) assert.deepEqual(layer, layers[0]);
    await drawn(request, layers[0]!);
    const list = await (await subject.ask('GET', `/rest/workspaces/${request.workspace}/coveragestores.json`)).json();
    assert.equal((list as { coverageStores: { coverageStore: unknown[] } }).coverageStores.coverageStore.length, 1);
    await subject.ask('DELETE', `/rest/workspaces/${request.workspace}?recurse=true`);
  });

  test('a name that somebody else holds is refused, by store and by layer', async () => {
    const { bytes, facts } = makeRaster({ width: 64, height: 64, epsg: 32633 });
    const theirs = requestFor(subject, facts);
    await subject.put(theirs.object.key, bytes);
    await subject.geoserver.publish(theirs);

    const ours = requestFor(subject, facts, { name: theirs.name });
    await subject.put(ours.object.key, bytes);
    await assert.rejects(subject.geoserver.publish(ours), (error) => {
      assert.ok(error instanceof GeoServerError);
      assert.equal(error.code, 'NAME_TAKEN');
      assert.equal(error.means, 'reject');
      assert.equal(error.layer, `geosluice_test:${theirs.name}`);
      return true;
    });

    // a second layer in their store, under the name we want
    const third = requestFor(subject, facts);
    await subject.put(third.object.key, bytes);
    const inside = theirs.object.key.slice(theirs.object.key.lastIndexOf('/') + 1, -'.tif'.length);
    const path = `/rest/workspaces/geosluice_test/coveragestores/${theirs.name}/coverages`;
    const content = JSON.stringify({ coverage: { name: third.name, nativeName: inside } });
    assert.equal((await subject.ask('POST', path, { type: 'application/json', content })).status, 201);
    await assert.rejects(subject.geoserver.publish(third), { code: 'NAME_TAKEN' });
  });

  test('a style is created, bound, and updated', async () => {
    const { bytes, facts } = makeRaster({ width: 64, height: 64, epsg: 32633 });
    const request = requestFor(subject, facts);
    await subject.put(request.object.key, bytes);
    const styled = { ...request, style: { kind: 'own' as const, name: `${request.name}_style`, sld: SLD('One') } };
    assert.equal((await subject.geoserver.publish(styled)).style, `${request.name}_style`);
    const layer = await (
      await subject.ask('GET', `/rest/workspaces/geosluice_test/layers/${request.name}.json`)
    ).json();
    const bound = (layer as { layer: { defaultStyle: { name: string } } }).layer.defaultStyle.name;
    assert.equal(bound, `geosluice_test:${request.name}_style`);

    await subject.geoserver.publish({ ...styled, style: { ...styled.style, sld: SLD('Two') } });
    const sld = await (
      await subject.ask('GET', `/rest/workspaces/geosluice_test/styles/${styled.style.name}.sld`)
    ).text();
    assert.match(sld, /Two/);

    await assert.rejects(
      subject.geoserver.publish({ ...request, style: { kind: 'own', name: `${request.name}_bad`, sld: 'no xml' } }),
      { code: 'GEOSERVER_REFUSED' },
    );
    const style = { workspace: 'geosluice_test', name: styled.style.name, signal: request.signal };
    await subject.geoserver.removeStyle(style);
    await subject.geoserver.removeStyle(style);
  });

  test('removing takes store and layer, twice is well, and a stranger’s store stays', async () => {
    const { bytes, facts } = makeRaster({ width: 64, height: 64, epsg: 32633 });
    const request = requestFor(subject, facts);
    await subject.put(request.object.key, bytes);
    await subject.geoserver.publish(request);
    const stranger = { ...request, dataset: 'somebody-else', isOurs: () => false };
    assert.equal(await subject.geoserver.remove(stranger), 'not-ours');
    assert.equal(await subject.geoserver.remove(request), 'removed');
    assert.equal(await subject.geoserver.remove(request), 'absent');
    assert.equal((await subject.ask('GET', `/rest/layers/geosluice_test:${request.name}.json`)).status, 404);
  });

  test('once a removal is waited for, no node has anything of it', async () => {
    const { bytes, facts } = makeRaster({ width: 64, height: 64, epsg: 32633 });
    const request = requestFor(subject, facts);
    await subject.put(request.object.key, bytes);
    await drawn(request, await subject.geoserver.publish(request));
    assert.equal(await subject.geoserver.remove(request), 'removed');
    assert.deepEqual(await subject.geoserver.gone(request), { repaired: [] });
    const { inventory } = subject.geoserver;
    for (const node of await inventory.nodes(request.signal)) {
      assert.equal(await inventory.store(node, request, request.signal), null, node);
    }
  });

  test('a removal takes two reads and a write of the primary, and three reads of each replica', async (t) => {
    const { standIn } = subject;
    if (standIn === null) return t.skip('a real GeoServer does not tell what it was asked');
    const { bytes, facts } = makeRaster({ width: 64, height: 64, epsg: 32633 });
    const request = requestFor(subject, facts);
    await subject.put(request.object.key, bytes);
    await drawn(request, await subject.geoserver.publish(request));
    const start = standIn.requests.length;
    await subject.geoserver.remove(request);
    await standIn.cluster.settled();
    await subject.geoserver.gone(request);
    const asked = standIn.requests.slice(start);
    const of = (node: number) => asked.filter((each) => each.node === node).map(({ method }) => method);
    assert.deepEqual(of(0), ['GET', 'DELETE', 'GET']);
    for (const node of subject.nodes.keys()) if (node > 0) assert.deepEqual(of(node), ['GET', 'GET', 'GET']);
    assert.ok(
      asked.every(({ path }) => path.includes(`/${request.name}`)),
      'by name, no list',
    );
  });

  test('a layer that is new takes two POSTs, a map of each node and the store of each replica; with a shared style two requests more, and its look at each replica', async (t) => {
    const { standIn } = subject;
    if (standIn === null) return t.skip('a real GeoServer does not tell what it was asked');
    const { geoserver, nodes } = subject;
    const publish = async (style: PublishRequest['style'], fresh: boolean) => {
      const { bytes, facts } = makeRaster({ width: 64, height: 64, epsg: 32633 });
      const request = { ...requestFor(subject, facts), style: style ?? null, fresh };
      await subject.put(request.object.key, bytes);
      const before = standIn.count(/./);
      const layer = await geoserver.publish(request);
      const published = standIn.count(/./) - before;
      await standIn.cluster.settled();
      await geoserver.drawn({ ...request, layer });
      return { published, drawn: standIn.count(/./) - before - published };
    };
    // the workspace is known from then on
    await publish(null, true);
    assert.deepEqual(await publish(null, true), { published: 2, drawn: 2 * nodes.length - 1 });
    const shared = { kind: 'shared' as const, name: `counted_${process.pid}`, sld: SLD('Counted') };
    await publish(shared, true);
    // a replica that missed the binding would draw by GeoServer's own style, and count as drawn
    assert.deepEqual(await publish(shared, true), { published: 4, drawn: 3 * nodes.length - 2 });
    // one that may be there is looked for, and compared on each node, its style on the replicas
    assert.deepEqual(await publish(null, false), { published: 3, drawn: 4 * nodes.length - 1 });
  });

  test('a style for many layers is made once, bound where there is none yet, and left to people', async () => {
    const shared = { kind: 'shared' as const, name: `shared_${process.pid}`, sld: SLD('Shared') };
    const { bytes, facts } = makeRaster({ width: 64, height: 64, epsg: 32633 });
    const request = requestFor(subject, facts);
    await subject.put(request.object.key, bytes);
    const boundTo = async () => {
      const answer = await subject.ask('GET', `/rest/workspaces/geosluice_test/layers/${request.name}.json`);
      return ((await answer.json()) as { layer: { defaultStyle: { name: string } } }).layer.defaultStyle.name;
    };
    assert.equal((await subject.geoserver.publish({ ...request, style: shared })).style, null);
    assert.equal(await boundTo(), `geosluice_test:${shared.name}`);
    const own = { kind: 'own' as const, name: `${request.name}_own`, sld: SLD('Own') };
    await subject.geoserver.publish({ ...request, style: own });
    await subject.geoserver.publish({ ...request, style: shared });
    assert.equal(await boundTo(), `geosluice_test:${own.name}`);
    const named = { kind: 'named' as const, name: shared.name, workspace: 'geosluice_test' };
    await subject.geoserver.publish({ ...request, style: named });
    assert.equal(await boundTo(), `geosluice_test:${shared.name}`);
    await assert.rejects(
      subject.geoserver.publish({ ...request, style: { kind: 'named', name: 'nobody_made_it', workspace: null } }),
      { code: 'INVALID_OPTIONS', means: 'reject', message: /GeoServer has no style nobody_made_it; make it there/ },
    );
  });

  test('a style that geosluice bound for an older version gives way, and what people chose stays', async () => {
    const { bytes, facts } = makeRaster({ width: 64, height: 64, epsg: 32633 });
    const request = requestFor(subject, facts);
    await subject.put(request.object.key, bytes);
    const boundAfter = async (style: PublishRequest['style']) => {
      await subject.geoserver.publish({ ...request, style: style ?? null });
      const answer = await subject.ask('GET', `/rest/workspaces/geosluice_test/layers/${request.name}.json`);
      return ((await answer.json()) as { layer: { defaultStyle: { name: string } } }).layer.defaultStyle.name;
    };
    const own = { kind: 'own' as const, name: request.name, sld: SLD('Own') };
    const shared = (name: string) => ({ kind: 'shared' as const, name, sld: SLD('Shared') });
    assert.equal(await boundAfter(shared('geosluice_grey')), 'geosluice_test:geosluice_grey');
    assert.equal(await boundAfter(shared('geosluice_rgb')), 'geosluice_test:geosluice_rgb', 'grey, then colours');
    assert.equal(await boundAfter(own), `geosluice_test:${request.name}`);
    assert.equal(await boundAfter(shared('geosluice_grey')), 'geosluice_test:geosluice_grey', 'without its .sld');
    assert.equal(await boundAfter(null), 'raster', 'and now bytes');
    assert.equal(await boundAfter({ kind: 'named', name: 'generic', workspace: null }), 'generic');
    assert.equal(await boundAfter(shared('geosluice_grey')), 'generic', 'chosen by people');
    assert.equal(await boundAfter(null), 'generic');
  });

  test('a style named like the layer goes with it, unless another layer uses it', async () => {
    const { bytes, facts } = makeRaster({ width: 64, height: 64, epsg: 32633 });
    const styled = async () => {
      const request = requestFor(subject, facts);
      await subject.put(request.object.key, bytes);
      await subject.geoserver.publish({ ...request, style: { kind: 'own', name: request.name, sld: SLD('Own') } });
      return request;
    };
    const styleStatus = async (name: string) =>
      (await subject.ask('GET', `/rest/workspaces/geosluice_test/styles/${name}.json`)).status;
    const [alone, shared] = [await styled(), await styled()];
    const user = requestFor(subject, facts);
    await subject.put(user.object.key, bytes);
    await subject.geoserver.publish({ ...user, style: { kind: 'own', name: shared.name, sld: SLD('Own') } });

    await subject.geoserver.remove(alone);
    await subject.geoserver.remove(shared);
    assert.equal(await styleStatus(alone.name), 404);
    assert.equal(await styleStatus(shared.name), 200);
  });

  test('the check names version and modules of each node, and a wrong password', async () => {
    const report = await subject.geoserver.check(AbortSignal.timeout(30_000));
    assert.equal(report.ok, true);
    assert.equal(report.nodes.length, subject.nodes.length);
    for (const node of report.nodes) assert.match(node.version ?? '', /^\d+\.\d+/);
    const wrong = await subject.client({ password: 'wrong' }).check(AbortSignal.timeout(30_000));
    assert.equal(wrong.ok, false);
    assert.match(wrong.nodes[0]?.problems[0] ?? '', /check user and password/);
  });

  test('in all of this nothing was reset or reloaded, and no capabilities were fetched', () => {
    if (subject.standIn === null) return;
    assert.equal(subject.standIn.count(/\/(reset|reload)\b/), 0);
    assert.equal(subject.standIn.count(/GetCapabilities/i), 0);
  });
});
