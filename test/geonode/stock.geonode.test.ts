import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { after, before, suite, test } from 'node:test';
import { createHttpRegistrar, type Registrar } from '@geosluice/geonode';
import { type GeonodeServer, startGeonode } from '../counterparts/geonode.ts';
import { APP_FOLDER } from '../counterparts/geonode-database.ts';
import { makeRaster, requestFor, type Subject, startSubject } from '../counterparts/geoserver/subject.ts';
import { exampleDocument } from '../ports/registrar-conformance.ts';

const signal = AbortSignal.timeout(600_000);

/** docker/geonode/tests/described.py */
interface Described {
  fields: Record<string, string>;
  links: string[][];
  contacts: string[][];
  permissions: string[][];
  keywords: string[];
  regions: string[];
  attributes: string[][];
  styles: string[];
  record: string[];
}

suite('a dataset of ours and the same layer by stock updatelayers', () => {
  let subject: Subject;
  let geonode: GeonodeServer;
  let registrar: Registrar;
  let stock: Described;
  let ours: Described;
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
    [stock, ours] = [describe(theirs), describe(own)];
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

  function describe({ workspace, name }: { workspace: string; name: string }): Described {
    const { status, stdout, stderr } = spawnSync(geonode.python, ['-m', 'tests.described', `${workspace}:${name}`], {
      ...{ cwd: APP_FOLDER, encoding: 'utf8', maxBuffer: 16 * 1024 * 1024 },
      env: { ...process.env, ...geonode.env },
    });
    assert.equal(status, 0, stderr);
    return JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '');
  }

  /** Fields, or lines of the record, that differ, as [stock's, ours]. */
  const differing = (
    a: Record<string, string>,
    b: Record<string, string>,
  ): Record<string, [string | undefined, string | undefined]> =>
    Object.fromEntries(
      [...new Set([...Object.keys(a), ...Object.keys(b)])]
        .filter((name) => a[name] !== b[name])
        .map((name) => [name, [a[name], b[name]]]),
    );
  const only = <T>(these: readonly T[], those: readonly T[]): T[] => {
    const others = new Set(those.map((one) => JSON.stringify(one)));
    return these.filter((one) => !others.has(JSON.stringify(one)));
  };

  test('every field is the same but those that ours knows better, and the two that come later', () => {
    const { thumbnail_url: url, thumbnail_path: path, ...rest } = differing(stock.fields, ours.fields);
    // by a task of its own
    assert.deepEqual([url?.[1], path?.[1]], ['None', 'None']);
    assert.deepEqual(rest, {
      spatial_representation_type: ['None', 'grid data is used to represent geographic data'],
      supplemental_information: ['No information provided', 'Raster: 10 × 10 pixels, 1 band, 16 bit int, deflate'],
      // stock asks GeoServer for a style of the layer's own; ours leaves the one that was published with it
      default_style: ['NAME', 'None'],
    });
    assert.deepEqual([stock.styles, ours.styles], [['NAME'], []]);
  });

  test('every link is the same but those of style and thumbnail', () => {
    assert.deepEqual(only(ours.links, stock.links), []);
    assert.deepEqual(
      only(stock.links, ours.links).map(([name]) => name),
      ['Legend', 'Thumbnail'],
    );
  });

  test('the same people may do the same: who is everybody need not be a member', () => {
    assert.deepEqual(only(ours.permissions, stock.permissions), []);
    assert.deepEqual(only(stock.permissions, ours.permissions), [
      ['registered-members', 'download_resourcebase'],
      ['registered-members', 'view_resourcebase'],
    ]);
  });

  test('contacts, keywords, regions and attributes are the same, but who owns it is not taken for who made it', () => {
    assert.deepEqual(only(stock.contacts, ours.contacts), [['originator', 'admin']]);
    assert.deepEqual(only(ours.contacts, stock.contacts), []);
    for (const part of ['keywords', 'regions', 'attributes'] as const) assert.deepEqual(ours[part], stock[part]);
  });

  test('the record in the catalogue is the same, line by line, but for what differs above', () => {
    const told = /Legend|No information provided|Originator|spatialRepresentation|SpatialRepresentation|Raster: /;
    const unexpected = [...only(stock.record, ours.record), ...only(ours.record, stock.record)].filter(
      (line) => !told.test(line),
    );
    assert.deepEqual(unexpected, []);
    assert.ok(ours.record.length > 100, 'there is a record');
  });

  test('stock asks GeoServer dozens of times and resets it, ours hands it the rules of a batch', () => {
    assert.ok(asked.stock.length >= 20, asked.stock.join('\n'));
    assert.ok(asked.stock.includes('POST /rest/reset'));
    assert.deepEqual(
      asked.ours.filter((request) => !request.startsWith('GET ')),
      ['POST /rest/geofence/batch/exec'],
    );
    // where its rules go is asked once a process
    assert.deepEqual(
      new Set(asked.ours.filter((request) => request.startsWith('GET '))),
      new Set(['GET /rest/geofence/rules/count.json', 'GET /rest/geofence/rules.json']),
    );
  });
});
