import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { createHttpRegistrar, type Registrar } from '@geosluice/geonode';
import { type GeonodeServer, startGeonode } from '../counterparts/geonode.ts';
import { makeRaster, requestFor, type Subject, startSubject } from '../counterparts/geoserver/subject.ts';
import { exampleDocument } from '../ports/registrar-conformance.ts';
import { CSW_SCHEMAS, cswRecordOf } from './csw-record.ts';
import { type Described, describeDataset } from './described.ts';
import { type Difference, differenceOf, only, unmeant, unmeantInRecord } from './difference.ts';

const signal = AbortSignal.timeout(600_000);

suite('a dataset of ours and the same layer by stock updatelayers', () => {
  let subject: Subject;
  let geonode: GeonodeServer;
  let registrar: Registrar;
  let ours: Described;
  let difference: Difference;
  /** By schema, of stock and of ours. */
  const records = new Map<string, { stock: string[]; ours: string[] }>();
  /** `METHOD /path` of what each made GeoServer do. */
  const asked: { stock: string[]; ours: string[] } = { stock: [], ours: [] };

  before(async () => {
    subject = await startSubject({ onlyStandIn: true, nodes: 1 });
    const standIn = subject.standIn!;
    geonode = await startGeonode({
      geoserver: { url: `${standIn.url}/`, user: standIn.user, password: standIn.password },
      env: { GEOFENCE_SECURITY_ENABLED: 'True' },
    });
    registrar = createHttpRegistrar(geonode);
    const [theirs, own] = [await published(), await published()];
    const since = (seen: number): string[] =>
      standIn.requests.slice(seen).map(({ method, path }) => `${method} ${path.replace(/^\/geoserver|\?.*$/g, '')}`);
    let seen = standIn.requests.length;
    const { code, stdout, stderr } = await geonode.manage([
      ...['updatelayers', '--workspace', theirs.workspace, '--store', theirs.name, '--verbosity', '1'],
    ]);
    assert.equal(code, 0, `${stdout}\n${stderr}`);
    assert.match(stdout, /\[created\]/, `${stdout}\n${stderr}`);
    asked.stock = since(seen);
    const { layer, request } = own;
    const document = exampleDocument(
      { layer, title: request.title, keywords: [...request.keywords], permissions: 'public' },
      { title: request.title, abstract: request.abstract },
    );
    seen = standIn.requests.length;
    await registrar.register(document, signal);
    asked.ours = since(seen);
    ours = describeDataset(geonode, own);
    difference = differenceOf(describeDataset(geonode, theirs), ours);
    for (const [named, schema] of Object.entries(CSW_SCHEMAS)) {
      const stock = await cswRecordOf(geonode, theirs, schema);
      records.set(named, { stock, ours: await cswRecordOf(geonode, own, schema) });
    }
  });
  after(async () => {
    await registrar?.close();
    await geonode?.stop();
    await subject?.stop();
  });

  async function published() {
    const { bytes, facts } = makeRaster({ width: 64, height: 64, epsg: 32633 });
    const request = requestFor(subject, facts);
    await subject.put(request.object.key, bytes);
    const layer = await subject.geoserver.publish(request);
    return { request, layer, workspace: request.workspace, name: request.name };
  }

  test('nothing differs that is not meant to, line by line', () => {
    assert.deepEqual(unmeant(difference), []);
    assert.ok(ours.record.length > 100, 'there is a record');
  });

  test('of the fields, those that ours knows better, and those that come later', () => {
    const untilThumbnails = (lines: readonly string[]) =>
      lines.filter((line) => !line.startsWith('thumbnail_')).toSorted();
    assert.equal(difference.fields.ours.includes('thumbnail_url: None'), true);
    assert.deepEqual(untilThumbnails(difference.fields.stock), [
      'default_style: NAME',
      'spatial_representation_type: None',
      'supplemental_information: No information provided',
    ]);
    assert.deepEqual(untilThumbnails(difference.fields.ours), [
      'default_style: None',
      'spatial_representation_type: grid data is used to represent geographic data',
      'supplemental_information: Raster: 10 × 10 pixels, 1 band, 16 bit int, deflate',
    ]);
  });

  for (const named of Object.keys(CSW_SCHEMAS)) {
    test(`the catalogue gives the same record as ${named}, but for what is meant to differ`, () => {
      const { stock, ours } = records.get(named)!;
      assert.ok(ours.length > 15, ours.join('\n'));
      assert.deepEqual(unmeantInRecord(only(stock, ours), 'stock'), []);
      assert.deepEqual(unmeantInRecord(only(ours, stock), 'ours'), []);
    });
  }

  test('the same people may do the same, the same is said of whom; links are all there but of style and thumbnail', () => {
    assert.deepEqual(difference.permissions.ours, []);
    assert.deepEqual(difference.contacts, { stock: ['originator admin'], ours: [] });
    const named = (lines: readonly string[]) => lines.map((line) => line.split(' ')[0]);
    assert.deepEqual(named(difference.links.stock), ['Legend', 'Thumbnail']);
    assert.deepEqual(named(difference.links.ours), ['Legend']);
  });

  test('stock asks GeoServer dozens of times and resets it, ours hands it the rules of a batch', () => {
    assert.ok(asked.stock.length >= 20, asked.stock.join('\n'));
    assert.ok(asked.stock.includes('POST /rest/reset'));
    assert.deepEqual(
      asked.ours.filter((request) => !request.startsWith('GET ')),
      ['POST /rest/geofence/batch/exec', 'PUT /rest/geofence/ruleCache/invalidate'],
    );
    // where its rules go is asked once a process
    const reads = asked.ours.filter((request) => request.startsWith('GET '));
    assert.deepEqual(new Set(reads), new Set(['GET /rest/geofence/rules/count.json', 'GET /rest/geofence/rules.json']));
    assert.ok(reads.length <= 3, reads.join('\n'));
  });
});
