import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import {
  datasetIdOf,
  emptyMetadata,
  formatVersion,
  type InspectJob,
  type ListJob,
  type PublishedLayer,
  parseLocation,
  Reject,
  type UploadJob,
} from '@geosluice/jobs';
import { createMemoryLedger, type MemoryLedger } from '../../../../test/ports/memory-ledger.ts';
import { testContext } from '../testing/context.ts';
import { discoverStage, inspectJobOf } from '../testing/discover-stage.ts';
import { exampleFacts } from '../testing/example-facts.ts';
import { createMemorySource, type MemorySource } from '../testing/memory-source.ts';
import { createMemoryStore, type MemoryStore } from '../testing/memory-store.ts';
import { seenVersion } from './seen.ts';

const URI = 's3://inbox/a/dem.tif';
let source: MemorySource;
let store: MemoryStore;
let ledger: MemoryLedger;
let headersRead: number;

beforeEach(() => {
  source = createMemorySource();
  store = createMemoryStore();
  ledger = createMemoryLedger();
  headersRead = 0;
});

const stage = (over: { metadata?: 'optional' | 'required'; workspace?: string } = {}) =>
  discoverStage({
    ...{ sources: source, store, ledger },
    async readRaster(reader) {
      headersRead += 1;
      const head = new Uint8Array(Math.min(4, reader.size));
      await reader.readInto(0, head);
      if (Buffer.from(head).toString() === 'junk') throw new Reject('NOT_A_TIFF', 'not a TIFF');
      return exampleFacts(reader.size);
    },
    readSidecar(bytes) {
      const text = Buffer.from(bytes).toString();
      if (text === 'bad') throw new Reject('METADATA_INVALID', 'not well-formed');
      return { ...emptyMetadata('plain'), title: text };
    },
    defaults: {
      ...{ workspace: over.workspace ?? 'geosluice', metadata: over.metadata ?? 'optional', metadataGraceSeconds: 600 },
    },
    settleMs: 1000,
  });

const inspectJob = (over: Partial<InspectJob> = {}) => inspectJobOf(URI, over);

async function sentOn(job = inspectJob(), jobId = 'job-1'): Promise<UploadJob> {
  const outcome = await stage()(job, testContext({ jobId }));
  assert.equal(outcome.kind, 'next');
  assert.ok(outcome.kind === 'next' && outcome.jobs[0]?.stage === 'upload' && outcome.jobs[0].kind === 'add');
  return outcome.jobs[0];
}

test('a new raster takes generation 1 and goes to upload with its facts, name and sidecar', async () => {
  source.put(URI, 'tiff');
  source.put('s3://inbox/a/dem.xml', 'Heights');
  const job = await sentOn();
  assert.equal(job.generation, 1);
  assert.equal(job.name, 'dem');
  assert.equal(job.workspace, 'geosluice');
  assert.equal(job.metadata.title, 'Heights');
  assert.equal(job.metadataState, 'ok');
  assert.match(job.sidecar?.key ?? '', /^rasters\/d[a-z2-7]{20}\/[a-z2-7]{10}\/dem\.[0-9a-f]{12}\.xml$/);
  assert.equal(
    Buffer.from(store.objects.get(`geodata/${job.sidecar?.key}`) ?? []).toString(),
    'Heights',
    'the raw sidecar is kept',
  );
});

test('the version a listing shows is the one an inspection finds, so an unchanged file is known at once', async () => {
  source.put(URI, 'tiff');
  source.put('s3://inbox/a/dem.xml', 'Heights');
  const job = await sentOn();
  const candidate = await source.for(job.location).look(job.location, AbortSignal.timeout(1000));
  assert.equal(formatVersion(seenVersion(candidate, {})), job.version);
  assert.deepEqual(await ledger.compare([{ dataset: job.dataset, version: job.version }]), ['known']);
});

test('an unchanged file is left alone, and its header is not read again', async () => {
  source.put(URI, 'tiff');
  const { dataset } = await sentOn();
  await ledger.apply(dataset, 1, { state: 'uploading' }, {});
  const again = await stage()(inspectJob(), testContext({ jobId: 'job-2' }));
  assert.deepEqual(again, { kind: 'done', note: 'unchanged' });
  assert.equal(headersRead, 1);
});

test('a job that is run again after it took its generation adds the same next job again', async () => {
  source.put(URI, 'tiff');
  const first = await sentOn();
  await ledger.apply(first.dataset, 1, { state: 'uploading' }, {});
  assert.deepEqual(await sentOn(), first, 'the runner was killed before it could add the job');
});

test('a changed raster, a change back and a replay each take the next generation', async () => {
  source.put(URI, 'tiff');
  const a = await sentOn(inspectJob(), 'job-a');
  source.put(URI, 'tiff changed');
  const b = await sentOn(inspectJob(), 'job-b');
  source.put(URI, 'tiff');
  const c = await sentOn(inspectJob(), 'job-a-again');
  const replayed = await sentOn(inspectJob({ force: true, nonce: 'n1' }), 'job-replay');
  assert.deepEqual(
    [a, b, c, replayed].map(({ generation }) => generation),
    [1, 2, 3, 4],
  );
  assert.equal(a.version, c.version);
  assert.equal(replayed.version, c.version);
  assert.notEqual(a.version, b.version);
  assert.equal(new Set([a, b, c, replayed].map(({ name }) => name)).size, 1, 'the layer keeps its name');
});

test('changed options are a change', async () => {
  source.put(URI, 'tiff');
  await sentOn(inspectJob(), 'job-1');
  const changed = await sentOn(inspectJob({ options: { owner: 'ann' } }), 'job-2');
  assert.equal(changed.generation, 2);
  assert.equal(changed.options.owner, 'ann');
});

test('of two jobs that race for a generation one looks again', async () => {
  source.put(URI, 'tiff');
  const { dataset, version } = await sentOn(inspectJob(), 'job-1');
  const racing = { ...ledger, get: async () => null };
  const stale = discoverStage({
    ...{ sources: source, store, ledger: racing },
    readRaster: async () => assert.fail('the loser reads nothing'),
    readSidecar: () => assert.fail('the loser reads nothing'),
  });
  const outcome = await stale(inspectJob({ seen: version }), testContext({ jobId: 'job-2' }));
  assert.equal(outcome.kind, 'again');
  assert.equal((await ledger.get(dataset))?.generation, 1);
});

/** As the later stages record it. */
async function published({ dataset, generation, workspace, name, facts, version }: UploadJob): Promise<void> {
  const box: PublishedLayer['nativeBbox'] = [0, 0, 1, 1];
  const layer: PublishedLayer = {
    ...{ workspace, store: name, name, storeType: 's3geotiff', srs: 'EPSG:4326', nativeBbox: box, wgs84Bbox: box },
    ...{ wms: 'http://geoserver.test/wms', style: null },
  };
  const object = { bucket: 'geodata', key: 'k.tif', size: 4, etag: 'e', checksum: null, owned: true };
  const record = { workspace, name, facts, publishedVersion: version, object, layer };
  await ledger.apply(dataset, generation, { ...record, state: 'visible' }, { stage: 'register' });
}

test('only the sidecar of a published raster changed: straight to register, the header unread', async () => {
  source.put(URI, 'tiff');
  await published(await sentOn(inspectJob(), 'job-1'));
  source.put('s3://inbox/a/dem.xml', 'Late');
  const outcome = await stage()(inspectJob(), testContext({ jobId: 'job-2' }));
  assert.ok(outcome.kind === 'next' && outcome.jobs[0]?.stage === 'register' && outcome.jobs[0].kind === 'add');
  assert.equal(outcome.jobs[0].generation, 2);
  assert.equal(outcome.jobs[0].metadata.title, 'Late');
  assert.equal(outcome.jobs[0].object.key, 'k.tif');
  assert.equal(headersRead, 1);
});

test('a description that changes leaves the layer where it is, whatever the setting says by now', async () => {
  source.put(URI, 'tiff');
  await published(await sentOn(inspectJob(), 'job-1'));
  source.put('s3://inbox/a/dem.xml', 'Late');
  const outcome = await stage({ workspace: 'elsewhere' })(inspectJob(), testContext({ jobId: 'job-2' }));
  assert.ok(outcome.kind === 'next' && outcome.jobs[0]?.stage === 'register' && outcome.jobs[0].kind === 'add');
  const { workspace, name, layer, dataset } = outcome.jobs[0];
  assert.deepEqual([workspace, name], [layer.workspace, layer.name]);
  assert.equal(outcome.record?.workspace, 'geosluice');
  assert.equal((await ledger.get(dataset))?.places?.length, 1, 'it owns no other name for it');
});

test('another workspace or name moves a dataset; back at a name whose layer is just being taken away it waits for that', async () => {
  source.put(URI, 'tiff');
  await published(await sentOn(inspectJob(), 'job-1'));
  const moved = await sentOn(inspectJob({ options: { workspace: 'other' } }), 'job-2');
  assert.deepEqual([moved.workspace, moved.name, moved.generation], ['other', 'dem', 2]);
  await published(moved);
  const old = { dataset: moved.dataset, workspace: 'geosluice', name: 'dem' };
  const other = 's3://inbox/b/dem.tif';
  source.put(other, 'tiff');
  await assert.rejects(stage()(inspectJobOf(other, { options: { name: 'dem' } }), testContext({ jobId: 'job-x' })), {
    code: 'NAME_TAKEN',
    message: /belongs to s3:\/\/inbox\/a\/dem\.tif, until what it left there is taken away/,
  });
  const again = new Date(Date.now() + 60_000);
  assert.equal(await ledger.vacate(old, { until: new Date(), again }), true);
  const waiting = await stage()(inspectJob(), testContext({ jobId: 'job-3' }));
  assert.deepEqual(waiting, { kind: 'again', afterMs: 5_000, note: 'its-old-layer-is-going' });
  await ledger.free(old, again);
  const back = await sentOn(inspectJob(), 'job-3');
  assert.deepEqual(
    [back.workspace, back.name, back.generation],
    ['geosluice', 'dem', 3],
    'under the generation it took',
  );
});

test('a bad sidecar degrades the dataset and does not stop it, unless the rule requires one', async () => {
  source.put(URI, 'tiff');
  source.put('s3://inbox/a/dem.xml', 'bad');
  const job = await sentOn();
  assert.equal(job.metadataState, 'degraded');
  assert.match(job.metadata.warnings[0] ?? '', /dem\.xml refused: METADATA_INVALID/);
  assert.notEqual(job.sidecar, null, 'the raw sidecar is kept all the same');
  const strict = stage({ metadata: 'required' });
  await assert.rejects(strict(inspectJob({ force: true }), testContext({ jobId: 'job-2' })), {
    code: 'METADATA_INVALID',
  });
});

test('a style goes along as an SLD or not at all, and a bad one does not stop its raster', async () => {
  const sld = '<StyledLayerDescriptor xmlns="http://www.opengis.net/sld" version="1.0.0"/>';
  source.put(URI, 'tiff');
  source.put('s3://inbox/a/dem.sld', sld);
  const styled = await sentOn();
  assert.equal(styled.style?.name, 'dem.sld');
  assert.deepEqual(styled.metadata.warnings, []);
  for (const [at, bad] of [
    '<!DOCTYPE s [<!ENTITY e SYSTEM "file:///etc/passwd">]><StyledLayerDescriptor>&e;</StyledLayerDescriptor>',
    '<html/>',
    'no XML',
    `${sld}${' '.repeat(1024 * 1024)}`,
  ].entries()) {
    source.put('s3://inbox/a/dem.sld', bad);
    const outcome = await stage()(inspectJob({ force: true }), testContext({ jobId: `again-${at}` }));
    assert.ok(outcome.kind === 'next' && outcome.jobs[0]?.stage === 'upload' && outcome.jobs[0].kind === 'add');
    assert.equal(outcome.jobs[0].style, null);
    assert.match(outcome.jobs[0].metadata.warnings[0] ?? '', /^style dem\.sld refused: /);
  }
});

test('a required sidecar is waited for, and after its grace the dataset is refused under a generation', async () => {
  source.put(URI, 'tiff');
  const strict = stage({ metadata: 'required' });
  const waiting = await strict(inspectJob(), testContext());
  assert.ok(waiting.kind === 'again' && waiting.job?.stage === 'discover' && waiting.job.kind === 'inspect');
  assert.equal(waiting.record?.state, 'waiting');
  const since = waiting.job.since;
  assert.equal(since, '2026-11-01T00:00:00.000Z');
  const later = testContext({ now: () => new Date('2026-11-01T00:10:01Z') });
  await assert.rejects(strict(waiting.job, later), { code: 'METADATA_MISSING' });
  assert.equal(later.adopted, 1, 'the refusal is recorded under a generation');
  source.put('s3://inbox/a/dem.xml', 'Late');
  assert.equal(
    (await strict(inspectJob(), testContext({ jobId: 'job-2' }))).kind,
    'next',
    'a late sidecar still takes effect',
  );
});

test('a source that settles by two looks is only inspected when two of them agree', async () => {
  source.settles = 'two-looks';
  source.put(URI, 'half');
  const first = await stage()(inspectJob(), testContext());
  assert.ok(first.kind === 'again' && first.job?.stage === 'discover' && first.job.kind === 'inspect');
  source.put(URI, 'half and whole');
  const second = await stage()(first.job, testContext());
  assert.ok(second.kind === 'again' && second.job?.stage === 'discover' && second.job.kind === 'inspect');
  assert.equal((await stage()(second.job, testContext())).kind, 'next');
});

test('an empty file and one that is no TIFF are refused under a generation', async () => {
  source.put(URI, '');
  const context = testContext();
  await assert.rejects(stage()(inspectJob(), context), { code: 'EMPTY_FILE' });
  assert.equal(context.adopted, 1);
  source.put(URI, 'junk');
  await assert.rejects(stage()(inspectJob(), testContext({ jobId: 'job-2' })), { code: 'NOT_A_TIFF' });
});

test('what left the inbox stays visible; what never was there is refused', async () => {
  source.put(URI, 'tiff');
  const { dataset } = await sentOn();
  await ledger.apply(dataset, 1, { state: 'visible' }, {});
  source.drop(URI);
  assert.deepEqual(await stage()(inspectJob({ reason: 'event' }), testContext({ jobId: 'job-2' })), {
    kind: 'done',
    note: 'source-gone',
  });
  const missing = parseLocation('s3://inbox/a/missing.tif');
  const job = inspectJob({ location: missing, dataset: datasetIdOf(missing) });
  await assert.rejects(stage()(job, testContext()), { code: 'SOURCE_GONE' });
});

test('a source that is not allowed is refused', async () => {
  const location = parseLocation('s3://forbidden/x.tif');
  await assert.rejects(stage()(inspectJob({ location }), testContext()), { code: 'SOURCE_NOT_ALLOWED' });
});

test('two files of one stem get two names; a name that was asked for and is taken is refused', async () => {
  const other = parseLocation('s3://inbox/b/dem.tif');
  source.put(URI, 'tiff');
  source.put('s3://inbox/b/dem.tif', 'tiff');
  const first = await sentOn();
  const second = await stage()(inspectJob({ location: other, dataset: datasetIdOf(other) }), testContext());
  assert.equal(first.name, 'dem');
  assert.ok(second.kind === 'next' && second.jobs[0]?.stage === 'upload' && second.jobs[0].kind === 'add');
  assert.match(second.jobs[0].name, /^dem_[a-z2-7]{8}$/);
  assert.equal(
    second.note,
    'layer geosluice:dem belongs to s3://inbox/a/dem.tif',
    'its history names who has the plain one',
  );
  const third = parseLocation('s3://inbox/c/dem.tif');
  source.put('s3://inbox/c/dem.tif', 'tiff');
  const wanted = inspectJob({ location: third, dataset: datasetIdOf(third), options: { name: 'dem' } });
  await assert.rejects(stage()(wanted, testContext()), {
    code: 'NAME_TAKEN',
    message: /c\/dem\.tif, belongs to s3:\/\/inbox\/a\/dem\.tif/,
  });
});

test('whose the plain name is, is not told of a dataset that has it, or that keeps its own', async () => {
  const other = parseLocation('s3://inbox/b/dem.tif');
  const job = inspectJob({ location: other, dataset: datasetIdOf(other) });
  source.put(URI, 'tiff');
  source.put('s3://inbox/b/dem.tif', 'tiff');
  const plain = await stage()(inspectJob(), testContext());
  assert.ok(plain.kind === 'next' && plain.note === undefined);
  const distinct = await stage()(job, testContext());
  assert.ok(distinct.kind === 'next' && distinct.jobs[0]?.kind === 'add' && distinct.jobs[0].stage === 'upload');
  const { dataset, name, workspace } = distinct.jobs[0];
  await ledger.apply(dataset, 1, { state: 'uploading', name, workspace }, {});
  const again = await stage()({ ...job, force: true, nonce: 'n' }, testContext({ jobId: 'job-2' }));
  assert.ok(again.kind === 'next' && again.jobs[0]?.kind === 'add' && again.jobs[0].stage === 'upload');
  assert.deepEqual([again.jobs[0].name, again.note], [name, undefined]);
});

test('a body without ranges is spooled once, inspected there and sent on from there', async () => {
  source.ranges = false;
  source.put(URI, 'tiff without length');
  const job = await sentOn();
  assert.ok(job.spool?.kind === 's3');
  assert.match(job.spool.key, /\/spool\/[a-z2-7]{10}\.tif$/);
  await sentOn();
  assert.equal(store.calls.filter((call) => call.startsWith('spool')).length, 1);
});

test('a checksum beside the file travels with it', async () => {
  source.put(URI, 'tiff');
  source.put('s3://inbox/a/dem.tif.sha256', `${'ab'.repeat(32)}  dem.tif\n`);
  assert.equal((await sentOn()).expectedSha256, 'ab'.repeat(32));
});

function listJob(over: Partial<ListJob> = {}): ListJob {
  const source = parseLocation('s3://inbox/a/');
  return { schema: 1, stage: 'discover', kind: 'list', ingestion: 'i1', options: {}, source, depth: 0, ...over };
}

test('what lies where geosluice writes is refused, and a list of checksums of any length stops nothing', async () => {
  const location = parseLocation('s3://geodata/rasters/d1/r/x.tif');
  await assert.rejects(stage()(inspectJob({ location }), testContext()), { code: 'SOURCE_NOT_ALLOWED' });
  source.put(URI, 'tiff');
  source.put('s3://inbox/a/dem.tif.sha256', `${'ab'.repeat(32)}  other.tif\n`.repeat(2000));
  assert.equal((await sentOn()).expectedSha256, null);
});

test('a listing asks for what is new or changed, for its folders and for its own rest', async () => {
  for (const name of ['1.tif', '2.tif', '3.tif', 'deep/4.tif']) source.put(`s3://inbox/a/${name}`, name);
  const known = parseLocation('s3://inbox/a/1.tif');
  await sentOn(inspectJob({ location: known, dataset: datasetIdOf(known) }));
  const outcome = await stage()(listJob(), testContext());
  assert.ok(outcome.kind === 'next');
  const asked = outcome.jobs.map((job) =>
    job.stage !== 'discover'
      ? '?'
      : job.kind === 'list'
        ? `list ${JSON.stringify([job.source, job.cursor, job.depth])}`
        : job.location,
  );
  assert.deepEqual(asked, [
    parseLocation('s3://inbox/a/2.tif'),
    `list ${JSON.stringify([parseLocation('s3://inbox/a/deep/'), undefined, 1])}`,
    `list ${JSON.stringify([parseLocation('s3://inbox/a/'), 'more', 0])}`,
  ]);
});

test('what we wrote ourselves is never found', async () => {
  source.put('s3://geodata/rasters/d1/x.tif', 'tiff');
  source.put('s3://geodata/inbox/x.tif', 'tiff');
  const outcome = await stage()(listJob({ source: parseLocation('s3://geodata/') }), testContext());
  assert.ok(outcome.kind === 'next');
  assert.deepEqual(
    outcome.jobs.map((job) => job.stage === 'discover' && job.kind === 'list' && job.source),
    [parseLocation('s3://geodata/inbox/')],
  );
});
