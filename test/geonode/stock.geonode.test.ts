import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { createHttpRegistrar, type Registrar } from '@geosluice/geonode';
import { type GeonodeServer, startGeonode, TESTED_VERSIONS } from '../counterparts/geonode.ts';
import { makeRaster, requestFor, type Subject, startSubject } from '../counterparts/geoserver/subject.ts';
import { exampleDocument } from '../ports/registrar-conformance.ts';
import { CSW_SCHEMAS, cswRecordOf } from './csw-record.ts';
import { type Described, describeDatasets } from './described.ts';
import { type Difference, differenceOf, only, unmeant, unmeantInRecord } from './difference.ts';
import { NO_THUMBNAIL, STOCK_FOLDER } from './stock-process.ts';

const signal = AbortSignal.timeout(600_000);
const GROUP = 'surveyors';

/** For whom a dataset is, and what `updatelayers` is told to make of it the same: who owns it may everything in any case. */
const ACCESS = {
  public: null,
  owner: "{'users': {}, 'groups': {}}",
  group: `{'users': {}, 'groups': {'${GROUP}': ['view_resourcebase', 'download_resourcebase']}}`,
} as const;
type Access = keyof typeof ACCESS;
const KINDS = Object.keys(ACCESS) as Access[];

/** One process for all, since loading GeoNode takes seconds; one thumbnail for all, since that does, too. */
const stockScript = (layers: ReadonlyArray<{ workspace: string; name: string; permissions: string | null }>) => `
import json
import sys
from django.conf import settings
from django.core.management import call_command
from geonode.groups.models import GroupProfile
sys.path.append("${STOCK_FOLDER}")
GroupProfile.objects.create(title="${GROUP}", slug="${GROUP}")
for layer in json.loads(${JSON.stringify(JSON.stringify(layers))}):
    call_command("updatelayers", workspace=layer["workspace"], store=layer["name"], permissions=layer["permissions"], verbosity=1)
    settings.THUMBNAIL_GENERATOR = "${NO_THUMBNAIL}"
`;

for (const version of TESTED_VERSIONS) {
  suite(`datasets of ours and the same layers by stock updatelayers, in GeoNode ${version}`, () => {
    let subject: Subject;
    let geonode: GeonodeServer;
    let registrar: Registrar;
    let ours: Record<Access, Described>;
    let differences: Record<Access, Difference>;
    /** 4.4's command takes no keywords of a layer, makes nobody its originator, and nobody a member of everybody. */
    const isNew = version.startsWith('5.');
    /** Of the public one by schema, of stock and of ours. */
    const records = new Map<string, { stock: string[]; ours: string[] }>();
    /** `METHOD /path` of what each made GeoServer do. */
    const asked: { stock: string[]; ours: string[] } = { stock: [], ours: [] };

    before(async () => {
      subject = await startSubject({ onlyStandIn: true, nodes: 1 });
      const standIn = subject.standIn!;
      geonode = await startGeonode({
        geoserver: { url: `${standIn.url}/`, user: standIn.user, password: standIn.password },
        env: { GEOFENCE_SECURITY_ENABLED: 'True' },
        version,
      });
      registrar = createHttpRegistrar(geonode);
      const theirs = await Promise.all(KINDS.map(published));
      const own = await Promise.all(KINDS.map(published));
      const since = (seen: number): string[] =>
        standIn.requests.slice(seen).map(({ method, path }) => `${method} ${path.replace(/^\/geoserver|\?.*$/g, '')}`);
      let seen = standIn.requests.length;
      const stock = theirs.map(({ workspace, name, kind }) => ({ workspace, name, permissions: ACCESS[kind] }));
      const { code, stdout, stderr } = await geonode.manage(['shell', '-c', stockScript(stock)]);
      assert.equal(code, 0, `${stdout}\n${stderr}`);
      assert.equal(stdout.match(/\[created\]/g)?.length, KINDS.length, `${stdout}\n${stderr}`);
      asked.stock = since(seen);
      seen = standIn.requests.length;
      const documents = own.map(({ layer, request, kind }) =>
        exampleDocument(
          {
            ...{ layer, title: request.title, keywords: isNew ? [...request.keywords] : [], permissions: kind },
            ...(kind === 'group' ? { group: GROUP } : {}),
          },
          { title: request.title, abstract: request.abstract },
        ),
      );
      await Promise.all(documents.map((document) => registrar.register(document, signal)));
      asked.ours = since(seen);
      const described = describeDatasets(geonode, [...theirs, ...own]);
      const byKind = <T>(of: (stock: Described, ours: Described) => T) =>
        Object.fromEntries(
          KINDS.map((kind, at) => [kind, of(described[at]!, described[at + KINDS.length]!)]),
        ) as Record<Access, T>;
      ours = byKind((_, mine) => mine);
      differences = byKind(differenceOf);
      for (const [named, schema] of Object.entries(CSW_SCHEMAS)) {
        const stock = await cswRecordOf(geonode, theirs[0]!, schema);
        records.set(named, { stock, ours: await cswRecordOf(geonode, own[0]!, schema) });
      }
    });
    after(async () => {
      await registrar?.close();
      await geonode?.stop();
      await subject?.stop();
    });

    async function published(kind: Access) {
      const { bytes, facts } = makeRaster({ width: 64, height: 64, epsg: 32633 });
      const request = requestFor(subject, facts);
      await subject.put(request.object.key, bytes);
      const layer = await subject.geoserver.publish(request);
      return { kind, request, layer, workspace: request.workspace, name: request.name };
    }

    for (const kind of KINDS) {
      test(`permissions ${kind}: nothing differs that is not meant to, line by line`, () => {
        assert.deepEqual(unmeant(differences[kind]), []);
        assert.ok(ours[kind].record.length > 100, 'there is a record');
      });
    }

    test('who may do what is the same, permission by permission, but that who is everybody need not be a member', () => {
      const everybody = ['registered-members download_resourcebase', 'registered-members view_resourcebase'];
      assert.deepEqual(differences.public.permissions, { stock: isNew ? everybody : [], ours: [] });
      assert.deepEqual(differences.owner.permissions, { stock: [], ours: [] });
      assert.deepEqual(differences.group.permissions, { stock: [], ours: [] });
      const holders = (kind: Access) => new Set(ours[kind].permissions.map(([who]) => who));
      assert.deepEqual(holders('public'), new Set(['admin', 'anonymous']));
      assert.deepEqual(holders('owner'), new Set(['admin']));
      assert.deepEqual(holders('group'), new Set(['admin', GROUP]));
      const grantedTo = (who: string) =>
        ours.group.permissions.filter(([holder]) => holder === who).map(([, may]) => may);
      assert.deepEqual(grantedTo(GROUP), ['download_resourcebase', 'view_resourcebase']);
      assert.ok(grantedTo('admin').includes('change_resourcebase_permissions'));
    });

    test('of the fields, those that ours knows better, and those that come later', () => {
      const untilThumbnails = (lines: readonly string[]) =>
        lines.filter((line) => !/^(thumbnail_|\w+_en: )/.test(line)).toSorted();
      const { fields } = differences.public;
      assert.equal(fields.ours.includes('thumbnail_url: None'), true);
      assert.deepEqual(untilThumbnails(fields.stock), [
        'default_style: NAME',
        'spatial_representation_type: None',
        'supplemental_information: No information provided',
      ]);
      assert.deepEqual(untilThumbnails(fields.ours), [
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

    test('the same is said of whom; links are all there but of style and thumbnail', () => {
      const difference = differences.public;
      assert.deepEqual(difference.contacts, { stock: isNew ? ['originator admin'] : [], ours: [] });
      const named = (lines: readonly string[]) => lines.map((line) => line.split(' ')[0]);
      assert.deepEqual(named(difference.links.stock), ['Legend', 'Thumbnail']);
      assert.deepEqual(named(difference.links.ours), ['Legend']);
    });

    test('stock asks GeoServer dozens of times and resets it, ours hands it the rules of a batch', () => {
      assert.ok(asked.stock.length >= 20 * KINDS.length, asked.stock.join('\n'));
      assert.ok(asked.stock.includes('POST /rest/reset'));
      assert.deepEqual(
        asked.ours.filter((request) => !request.startsWith('GET ')),
        ['POST /rest/geofence/batch/exec', 'PUT /rest/geofence/ruleCache/invalidate'],
      );
      // which places are taken is asked once a process
      const reads = asked.ours.filter((request) => request.startsWith('GET '));
      assert.deepEqual(
        new Set(reads),
        new Set(['GET /rest/geofence/rules/count.json', 'GET /rest/geofence/rules.json']),
      );
      assert.ok(reads.length <= 3, reads.join('\n'));
    });
  });
}
