/** The three later stages over ports in memory: what they ask for, in what order, and what they leave alone. */
import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { defaultStyleOf } from '@geosluice/geoserver';
import {
  datasetIdOf,
  emptyMetadata,
  type InspectJob,
  type Job,
  type Outcome,
  type PublishJob,
  parseLocation,
  type RegisterJob,
  type RemoveJob,
  Retry,
  rasterPart,
  Supersede,
  type UploadJob,
} from '@geosluice/jobs';
import { createMemoryLedger, type MemoryLedger } from '../../../test/ports/memory-ledger.ts';
import { exampleJobs } from '../../jobs/src/testing/example-jobs.ts';
import type { GeoServerPort } from './ports.ts';
import { createPublishStage } from './publish/stage.ts';
import { createRegisterStage } from './register/stage.ts';
import { testContext } from './testing/context.ts';
import { discoverStage } from './testing/discover-stage.ts';
import { createMemorySource, type MemorySource } from './testing/memory-source.ts';
import { createMemoryStore, type MemoryStore } from './testing/memory-store.ts';
import { createUploadStage } from './upload/stage.ts';

const jobs = exampleJobs();
const example = jobs.find((job): job is UploadJob => job.stage === 'upload' && job.kind === 'add')!;
const removal = jobs.find((job): job is RemoveJob => job.kind === 'remove')!;
const layer = jobs.find((job): job is RegisterJob => job.stage === 'register' && job.kind === 'add')!.layer;

/** A GeoServer that is asked to remove nothing. */
const noRemoval = {
  remove: async () => assert.fail('not asked for'),
  gone: async () => assert.fail('not asked for'),
} satisfies Pick<GeoServerPort, 'remove' | 'gone'>;

let source: MemorySource;
let store: MemoryStore;
let ledger: MemoryLedger;
beforeEach(() => {
  ledger = createMemoryLedger();
  source = createMemorySource();
  store = createMemoryStore();
});

const upload = (over: { sameEndpoint?: boolean } = {}) =>
  createUploadStage({
    sources: source,
    store,
    ledger,
    memory: ledger,
    target: { bucket: 'geodata', prefix: 'rasters' },
    servedInPlace: () => true,
    sameEndpoint: () => over.sameEndpoint ?? false,
  });

test('upload brings the bytes under an immutable key of the raster part and goes on to publish', async () => {
  source.put('s3://inbox/a/dem.tif', 'bytes');
  const job = { ...example, fingerprint: { size: 5, etag: 'abc' } };
  const outcome = await upload()(job, testContext());
  assert.ok(outcome.kind === 'next' && outcome.jobs[0]?.stage === 'publish' && outcome.jobs[0].kind === 'add');
  const { key } = outcome.jobs[0].object;
  assert.equal(key, `rasters/${job.dataset}/${job.version.split('-')[0]}/dem.tif`);
  assert.equal(Buffer.from(store.objects.get(`geodata/${key}`) ?? []).toString(), 'bytes');
});

test('a spooled body is copied server side and its spool is taken away', async () => {
  const spool = { kind: 's3', bucket: 'geodata', key: 'rasters/d/spool/x.tif' } as const;
  store.objects.set('geodata/rasters/d/spool/x.tif', Buffer.from('spooled'));
  const outcome = await upload({ sameEndpoint: true })({ ...example, spool }, testContext());
  assert.ok(outcome.kind === 'next' && outcome.jobs[0]?.stage === 'publish' && outcome.jobs[0].kind === 'add');
  assert.equal(outcome.jobs[0].spool, null);
  assert.equal(store.objects.has('geodata/rasters/d/spool/x.tif'), false);
  assert.deepEqual(
    store.calls.map((call) => call.split(' ')[0]),
    ['copy'],
  );
});

test('an object served in place is neither copied nor owned; one that changed is looked at again', async () => {
  const bytes = Buffer.from('data');
  store.objects.set('inbox/a/dem.tif', bytes);
  const etag = (await store.head({ bucket: 'inbox', key: 'a/dem.tif' }, AbortSignal.timeout(1000)))?.etag ?? '';
  const job = { ...example, options: { storage: 'in-place' } as const, fingerprint: { size: 4, etag } };
  const outcome = await upload()(job, testContext());
  assert.ok(outcome.kind === 'next' && outcome.jobs[0]?.stage === 'publish' && outcome.jobs[0].kind === 'add');
  assert.deepEqual(outcome.jobs[0].object, {
    bucket: 'inbox',
    key: 'a/dem.tif',
    size: 4,
    etag,
    checksum: null,
    owned: false,
  });
  assert.deepEqual(outcome.record, { inPlaceRaster: rasterPart(job.fingerprint) }, 'before GeoServer is sent there');
  assert.deepEqual(store.calls, []);
  store.objects.set('inbox/a/dem.tif', Buffer.from('more'));
  await assert.rejects(async () => await upload()(job, testContext()), { code: 'SOURCE_CHANGED', means: 'retry' });
});

test('a superseded job writes nothing outside', async () => {
  source.put('s3://inbox/a/dem.tif', 'bytes');
  const fence = async () => {
    throw new Supersede('newer');
  };
  await assert.rejects(async () => await upload()(example, testContext({ fence })), Supersede);
  assert.deepEqual(store.calls, []);
});

test('publish proves the object readable, publishes, waits until it is drawn, and only then goes on', async () => {
  const calls: string[] = [];
  const requests: Array<Parameters<GeoServerPort['publish']>[0]> = [];
  const object = { bucket: 'geodata', key: 'k.tif', size: 4, etag: 'e', checksum: null, owned: true };
  store.objects.set('geodata/k.tif', Buffer.from('data'));
  store.objects.set('geodata/k.sld', Buffer.from('<sld/>'));
  const stage = createPublishStage({
    store,
    storeType: 's3geotiff',
    ledger,
    graceMs: 3_600_000,
    geoserver: {
      async publish(request) {
        calls.push(`publish after ${store.calls.at(-1)}`);
        requests.push(request);
        return layer;
      },
      async drawn({ layer: { name } }) {
        calls.push(`drawn ${name}`);
        return { repaired: [] };
      },
      ...noRemoval,
    },
  });
  const style = { bucket: 'geodata', key: 'k.sld', sha256: 'a', name: 'dem.sld' };
  const job: PublishJob = { ...example, stage: 'publish', object, style };
  const outcome = await stage(job, testContext());
  assert.deepEqual(calls, ['publish after prove geodata/k.tif', 'drawn dem']);
  assert.equal(requests[0]?.title, 'dem', 'the file name where no sidecar gives a title');
  assert.deepEqual(requests[0]?.style, { kind: 'own', name: 'dem', sld: '<sld/>' });
  assert.ok(outcome.kind === 'next');
  assert.equal(outcome.record?.publishedVersion, job.version);
  assert.equal(outcome.jobs[0]?.stage, 'register');
  store.objects.set('geodata/k.tif', Buffer.from('longer'));
  await assert.rejects(
    async () => await stage(job, testContext()),
    Retry,
    'GeoServer is not asked for what does not answer',
  );
  assert.equal(requests.length, 1);
});

test('a layer’s style is what was asked for, else what suits its samples', async () => {
  store.objects.set('geodata/k.tif', Buffer.from('data'));
  const object = { bucket: 'geodata', key: 'k.tif', size: 4, etag: 'e', checksum: null, owned: true };
  const job: PublishJob = { ...example, stage: 'publish', object, style: null };
  const styleOf = async (over: Partial<PublishJob>) => {
    const styles: unknown[] = [];
    const stage = createPublishStage({
      ...{ store, ledger, storeType: 's3geotiff', graceMs: 0 },
      geoserver: {
        publish: async ({ style }) => {
          styles.push(style);
          return layer;
        },
        drawn: async ({ style }) => {
          styles.push(style);
          return { repaired: [] };
        },
        ...noRemoval,
      },
    });
    await stage({ ...job, ...over }, testContext());
    const [published, proved] = styles;
    assert.deepEqual(proved, published, 'what is asked for is what every node is held to');
    return published;
  };
  const bytes = { ...job.facts, bands: 1, sampleFormat: 'uint', bitsPerSample: 8 } as const;
  const heights = { ...bytes, sampleFormat: 'float', bitsPerSample: 32 } as const;
  assert.equal(await styleOf({ facts: bytes }), null, 'GeoServer’s own');
  assert.deepEqual(await styleOf({ facts: heights }), defaultStyleOf(heights));
  assert.ok(defaultStyleOf(heights) !== null);
  assert.deepEqual(await styleOf({ facts: heights, options: { style: 'relief' } }), {
    ...{ kind: 'named', name: 'relief', workspace: null },
  });
  assert.deepEqual(await styleOf({ facts: heights, options: { style: 'maps:relief' } }), {
    ...{ kind: 'named', name: 'relief', workspace: 'maps' },
  });
});

test('a layer is made without a look only by the first run of the first generation, and only where the ledger knows none', async () => {
  store.objects.set('geodata/k.tif', Buffer.from('data'));
  const object = { bucket: 'geodata', key: 'k.tif', size: 4, etag: 'e', checksum: null, owned: true };
  const job: PublishJob = { ...example, stage: 'publish', object, generation: 1 };
  const { dataset, location, ingestion, options, version } = job;
  await ledger.takeGeneration({ dataset, location, ingestion, options, version, expected: 0, takenBy: 'j' });
  const seen: unknown[] = [];
  const stage = createPublishStage({
    ...{ store, ledger, storeType: 's3geotiff', graceMs: 0 },
    geoserver: {
      publish: async ({ fresh }) => {
        seen.push(fresh);
        return layer;
      },
      drawn: async ({ fresh }) => {
        seen.push(fresh);
        return { repaired: [] };
      },
      ...noRemoval,
    },
  });
  await stage(job, testContext());
  await stage(job, testContext({ first: false }));
  await stage({ ...job, generation: 2 }, testContext());
  await ledger.apply(dataset, 1, { layer }, {});
  await stage(job, testContext());
  assert.deepEqual(seen, [true, true, false, false, false, false, false, false]);
});

test('once every node shows the new content, the one before is retired; what is published again is not', async () => {
  store.objects.set('geodata/k.tif', Buffer.from('data'));
  const object = { bucket: 'geodata', key: 'k.tif', size: 4, etag: 'e', checksum: null, owned: true };
  const job: PublishJob = { ...example, stage: 'publish', object };
  const { dataset, location, ingestion, options, version } = job;
  await ledger.takeGeneration({ dataset, location, ingestion, options, version, expected: 0, takenBy: 'j' });
  let drawn = async (): Promise<{ repaired: string[] }> => ({ repaired: [] });
  const stage = createPublishStage({
    ...{ store, ledger, storeType: 's3geotiff', graceMs: 3_600_000 },
    geoserver: { publish: async () => layer, drawn: () => drawn(), ...noRemoval },
  });
  const now = testContext().now();
  const late = new Date(now.getTime() + 3_600_000);
  const publishedBefore = (raster: string) =>
    ledger.apply(dataset, 1, { publishedVersion: `${raster}${version.slice(10)}` }, {});
  await publishedBefore(version.slice(0, 10));
  await stage(job, testContext());
  assert.deepEqual(await ledger.retired(late, 10), []);
  await publishedBefore('o'.repeat(10));
  drawn = async () => {
    assert.deepEqual(await ledger.retired(late, 10), [], 'not before it is drawn');
    return { repaired: ['http://b'] };
  };
  const outcome = await stage(job, testContext());
  assert.equal(outcome.note, 'repaired on http://b');
  assert.deepEqual(await ledger.retired(late, 10), [{ dataset, raster: 'o'.repeat(10) }]);
  assert.deepEqual(await ledger.retired(new Date(late.getTime() - 1), 10), []);
});

test('register hands over the raw sidecar, then does with the inbox what the rule says', async () => {
  const uri = 's3://inbox/a/dem.tif';
  const sidecars: string[] = [];
  const stage = createRegisterStage({
    store,
    sources: source,
    defaults: {},
    registrar: {
      async register({ sidecar }) {
        assert.equal(source.has(uri), true, 'the file is there until it is registered');
        sidecars.push(Buffer.from(sidecar?.base64 ?? '', 'base64').toString());
        return { pk: 7, uuid: 'u', url: 'http://geonode.test/7', status: 'created', unmapped: [] };
      },
      unregister: async () => assert.fail('not asked for'),
    },
  });
  store.objects.set('geodata/k.xml', Buffer.from('<dc/>'));
  const object = { bucket: 'geodata', key: 'k.tif', size: 4, etag: 'e', checksum: null, owned: true };
  const base: RegisterJob = {
    ...example,
    stage: 'register',
    object,
    layer,
    fingerprint: { size: 4, etag: 'x' },
    sidecar: { bucket: 'geodata', key: 'k.xml', sha256: 'a', name: 'dem.xml', size: 5 },
  };
  for (const [after, stays] of [
    ['keep', true],
    ['tag', true],
    ['delete', false],
  ] as const) {
    source.put(uri, 'data');
    source.put('s3://inbox/a/dem.xml', '<dc/>');
    const outcome = await stage({ ...base, options: { after } }, testContext());
    assert.ok(outcome.kind === 'done');
    assert.equal(outcome.record?.state, 'visible');
    assert.equal(outcome.record?.geonode?.pk, 7);
    assert.equal(source.has(uri), stays, after);
    assert.equal(source.has('s3://inbox/a/dem.xml'), stays, 'its sidecar goes with it');
  }
  assert.deepEqual(source.tags.get(uri), { 'geosluice-dataset': example.dataset });
  assert.deepEqual(new Set(sidecars), new Set(['<dc/>']));
  const gone = await stage({ ...base, options: { after: 'delete' } }, testContext()).catch((error) => error);
  assert.equal(gone instanceof Error, true, 'the registrar saw that the file was gone');
});

test('what became of the file in the inbox stands in the history', async () => {
  const stage = createRegisterStage({
    ...{ store, sources: source, defaults: {} },
    registrar: {
      register: async () => ({ pk: 7, uuid: 'u', url: 'http://geonode.test/7', status: 'created', unmapped: [] }),
      unregister: async () => {},
    },
  });
  const uri = 's3://inbox/a/dem.tif';
  const object = { bucket: 'geodata', key: 'k.tif', size: 4, etag: 'e', checksum: null, owned: true };
  const base: RegisterJob = { ...example, stage: 'register', object, layer, location: parseLocation(uri) };
  const noteOf = async (after: 'keep' | 'tag' | 'delete', over: Partial<RegisterJob> = {}) => {
    const outcome = await stage({ ...base, ...over, options: { after } }, testContext());
    return outcome.note;
  };
  for (const [after, note] of [
    ['keep', undefined],
    ['tag', 'source-tagged'],
    ['delete', 'source-deleted'],
  ] as const) {
    source.put(uri, 'data');
    assert.equal(await noteOf(after), note);
  }
  assert.equal(source.has(uri), false);
  assert.equal(await noteOf('delete'), 'source-delete-skipped', 'somebody else was faster');
  assert.equal(await noteOf('tag'), 'source-tag-skipped');
  assert.equal(await noteOf('tag', { location: parseLocation('file:///data/dem.tif') }), 'files-have-no-tags');
  assert.equal(await noteOf('delete', { object: { ...object, owned: false } }), undefined, 'it is the dataset itself');
});

test('what GeoNode has no row for stands in the history, as far as there is room', async () => {
  const unmapped = ['creator A: kept as text', `place ${'x'.repeat(600)}: kept as keyword`];
  const stage = createRegisterStage({
    ...{ store, sources: source, defaults: {} },
    registrar: {
      register: async () => ({ pk: 7, uuid: 'u', url: 'http://geonode.test/7', status: 'created', unmapped }),
      unregister: async () => {},
    },
  });
  const object = { bucket: 'geodata', key: 'k.tif', size: 4, etag: 'e', checksum: null, owned: true };
  const outcome = await stage({ ...example, stage: 'register', object, layer }, testContext());
  assert.ok(outcome.kind === 'done');
  assert.match(outcome.note ?? '', /^creator A: kept as text; place x+…$/);
  assert.equal(outcome.note?.length, 500);
  assert.deepEqual(outcome.record?.geonode, { pk: 7, uuid: 'u', url: 'http://geonode.test/7' });
});

test('a published dataset whose file is gone goes its road again by a replay, from what was kept of it', async () => {
  const uri = 's3://inbox/a/dem.tif';
  source.put(uri, 'tiff');
  source.put('s3://inbox/a/dem.xml', 'Heights');
  const location = parseLocation(uri);
  const dataset = datasetIdOf(location);
  const discover = discoverStage({
    ...{ sources: source, store, ledger },
    readSidecar: (bytes) => ({ ...emptyMetadata('plain'), title: Buffer.from(bytes).toString() }),
    defaults: { workspace: 'geosluice', metadata: 'optional', metadataGraceSeconds: 0, after: 'delete' },
    maxSpoolBytes: 0,
  });
  const publish = createPublishStage({
    ...{ store, ledger, storeType: 's3geotiff', graceMs: 0 },
    geoserver: {
      publish: async (request) => ({ ...layer, name: request.name, store: request.name, workspace: request.workspace }),
      drawn: async () => ({ repaired: [] }),
      ...noRemoval,
    },
  });
  const registered: string[] = [];
  const register = createRegisterStage({
    ...{ store, sources: source, defaults: {} },
    registrar: {
      async register({ title, sidecar }) {
        registered.push(`${title} ${Buffer.from(sidecar?.base64 ?? '', 'base64')}`);
        return { pk: 7, uuid: 'u', url: 'http://geonode.test/7', status: 'created', unmapped: [] };
      },
      unregister: async () => assert.fail('not asked for'),
    },
  });
  /** As the runner does: records what came of a job, and goes on with the next. */
  const road = async (jobId: string): Promise<string[]> => {
    const inspectJob: InspectJob = {
      ...{ schema: 1, stage: 'discover', kind: 'inspect', ingestion: 'i1', options: {}, dataset, location },
      ...{ reason: 'replay', force: true, nonce: jobId, seen: '' },
    };
    const ran: string[] = [];
    for (let job: Job | undefined = inspectJob; job !== undefined; ) {
      ran.push(job.stage);
      const context = testContext({ jobId });
      const at: Outcome =
        job.stage === 'discover'
          ? await discover(job, context)
          : job.stage === 'upload'
            ? await upload()(job, context)
            : job.stage === 'publish'
              ? await publish(job, context)
              : await register(job, context);
      const generation = (await ledger.get(dataset))?.generation ?? 0;
      await ledger.apply(dataset, generation, at.record ?? {}, {});
      job = at.kind === 'next' ? at.jobs[0] : undefined;
    }
    return ran;
  };
  assert.deepEqual(await road('first'), ['discover', 'upload', 'publish', 'register']);
  assert.equal(source.has(uri), false, 'after: delete');
  assert.deepEqual(await road('second'), ['discover', 'publish', 'register']);
  assert.equal((await ledger.get(dataset))?.state, 'visible');
  assert.deepEqual(registered, ['Heights Heights', 'Heights Heights']);
});

test('an object served in place is never deleted, whatever the rule says', async () => {
  const uri = 's3://inbox/a/dem.tif';
  source.put(uri, 'data');
  const stage = createRegisterStage({
    store,
    sources: source,
    defaults: {},
    registrar: {
      register: async () => ({ pk: 7, uuid: 'u', url: 'http://geonode.test/7', status: 'created', unmapped: [] }),
      unregister: async () => {},
    },
  });
  const object = { bucket: 'inbox', key: 'a/dem.tif', size: 4, etag: 'e', checksum: null, owned: false };
  await stage({ ...example, stage: 'register', object, layer, options: { after: 'delete' } }, testContext());
  assert.equal(source.has(uri), true);
});

test('removal goes backwards, stage by stage, and takes only what is the dataset’s own', async () => {
  const order: string[] = [];
  store.objects.set(`geodata/rasters/${removal.dataset}/r/dem.tif`, Buffer.from('1'));
  store.objects.set('geodata/rasters/dother/r/dem.tif', Buffer.from('2'));
  const register = createRegisterStage({
    store,
    sources: source,
    defaults: {},
    registrar: {
      register: async () => assert.fail('not asked for'),
      async unregister({ name }) {
        order.push(`geonode ${name}`);
      },
    },
  });
  const publish = createPublishStage({
    store,
    storeType: 's3geotiff',
    ledger,
    graceMs: 3_600_000,
    geoserver: {
      publish: async () => assert.fail('not asked for'),
      drawn: async () => assert.fail('not asked for'),
      async remove({ name }) {
        order.push(`geoserver ${name}`);
        return 'removed';
      },
      async gone({ name }) {
        order.push(`replicas ${name}`);
        return { repaired: [] };
      },
    },
  });
  const first = await register({ ...removal, stage: 'register' }, testContext());
  assert.ok(first.kind === 'next' && first.jobs[0]?.stage === 'publish' && first.jobs[0].kind === 'remove');
  const second = await publish(first.jobs[0], testContext());
  assert.ok(second.kind === 'next' && second.jobs[0]?.stage === 'upload' && second.jobs[0].kind === 'remove');
  assert.equal(second.note, 'removed');
  const unpublished = await upload()({ ...second.jobs[0], mode: 'unpublish' }, testContext());
  assert.equal(unpublished.record?.state, 'removed');
  assert.equal(store.objects.size, 2, 'unpublish keeps the object');
  await upload()(second.jobs[0], testContext());
  assert.deepEqual([...store.objects.keys()], ['geodata/rasters/dother/r/dem.tif']);
  assert.deepEqual(order, ['geonode dem', 'geoserver dem', 'replicas dem']);
});

test('a removal takes along what the dataset left elsewhere and nobody has taken away yet', async () => {
  const { dataset, workspace, name, generation, version } = removal;
  const location = parseLocation('s3://inbox/a/dem.tif');
  await ledger.takeGeneration({ dataset, location, ingestion: 'i', options: {}, version, expected: 0, takenBy: 'j' });
  for (const own of ['before', workspace]) await ledger.claimName({ workspace: own, name, dataset });
  await ledger.claimName({ workspace: 'before', name: 'another', dataset: `d${'z'.repeat(20)}` });
  const removed: string[] = [];
  const publish = createPublishStage({
    ...{ store, storeType: 's3geotiff', ledger, graceMs: 3_600_000 },
    geoserver: {
      publish: async () => assert.fail('not asked for'),
      drawn: async () => assert.fail('not asked for'),
      async remove(request) {
        assert.equal(request.dataset, dataset);
        removed.push(`${request.workspace}:${request.name}`);
        return request.workspace === workspace ? 'removed' : 'absent';
      },
      async gone(request) {
        removed.push(`${request.workspace}:${request.name} everywhere`);
        return { repaired: [] };
      },
    },
  });
  const outcome = await publish({ ...removal, stage: 'publish', generation }, testContext());
  const places = [`${workspace}:${name}`, `before:${name}`];
  assert.deepEqual(
    removed,
    places.flatMap((place) => [place, `${place} everywhere`]),
  );
  assert.equal(outcome.note, 'removed, absent');
});

test('the raster part of a version is what the key is made of', () => {
  assert.equal(example.version.startsWith(rasterPart(example.fingerprint)), true);
  assert.equal(parseLocation('s3://inbox/a/dem.tif').kind, 's3');
});
