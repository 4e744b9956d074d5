/** What becomes of a published dataset whose file is gone and that is looked at all the same. */
import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import {
  datasetIdOf,
  emptyMetadata,
  type InspectJob,
  type LedgerPatch,
  type PublishJob,
  parseLocation,
  type UploadJob,
} from '@geosluice/jobs';
import { createMemoryLedger, type MemoryLedger } from '../../../../test/ports/memory-ledger.ts';
import { testContext } from '../testing/context.ts';
import { discoverStage, inboxRule, inspectJobOf } from '../testing/discover-stage.ts';
import { exampleFacts } from '../testing/example-facts.ts';
import { createMemorySource, type MemorySource } from '../testing/memory-source.ts';
import { createMemoryStore, type MemoryStore } from '../testing/memory-store.ts';

const URI = 's3://inbox/a/dem.tif';
const location = parseLocation(URI);
const dataset = datasetIdOf(location);
const SLD = '<StyledLayerDescriptor xmlns="http://www.opengis.net/sld" version="1.0.0"/>';
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

const stage = (rule = 'after: keep') =>
  discoverStage({
    ...{ sources: source, store, ledger, rules: inboxRule(rule) },
    async readRaster(reader) {
      headersRead += 1;
      return exampleFacts(reader.size);
    },
    readSidecar: (bytes) => ({ ...emptyMetadata('plain'), title: Buffer.from(bytes).toString() }),
  });

const inspectJob = (over: Partial<InspectJob> = {}) => inspectJobOf(URI, { reason: 'replay', ...over });
const retried = (rule?: string, jobId = 'retry') =>
  stage(rule)(inspectJob({ force: true, nonce: jobId }), testContext({ jobId }));

/** Brings the file in as the later stages would have. */
async function publish(jobId: string, over: LedgerPatch = {}): Promise<UploadJob> {
  const outcome = await stage()(inspectJob(), testContext({ jobId }));
  assert.ok(outcome.kind === 'next' && outcome.jobs[0]?.stage === 'upload' && outcome.jobs[0].kind === 'add');
  const [job] = outcome.jobs;
  const key = `rasters/${dataset}/${job.version.slice(0, 10)}/${job.name}.tif`;
  const bytes = Buffer.from('tiff');
  store.objects.set(`geodata/${key}`, bytes);
  const head = await store.head({ bucket: 'geodata', key });
  assert.ok(head !== null);
  const box = [0, 0, 1, 1] as [number, number, number, number];
  await ledger.apply(
    dataset,
    job.generation,
    {
      ...{ state: 'visible', publishedVersion: job.version, ...outcome.record },
      object: { bucket: 'geodata', key, size: 4, etag: head.etag, checksum: null, owned: true },
      layer: {
        ...{ workspace: job.workspace, store: job.name, name: job.name, storeType: 's3geotiff', srs: 'EPSG:4326' },
        ...{ nativeBbox: box, wgs84Bbox: box, wms: 'http://geoserver.test/wms' },
        style: job.style === null ? null : job.name,
      },
      ...over,
    },
    {},
  );
  return job;
}

function published(outcome: Awaited<ReturnType<typeof retried>>): PublishJob {
  assert.ok(outcome.kind === 'next' && outcome.jobs[0]?.stage === 'publish' && outcome.jobs[0].kind === 'add');
  return outcome.jobs[0];
}

test('it goes on to publish from its object, with the description and style that were kept last', async () => {
  source.put(URI, 'tiff');
  source.put('s3://inbox/a/dem.xml', 'First');
  source.put('s3://inbox/a/dem.sld', SLD);
  await publish('job-1');
  // a description of before may lie there, too, and come after in the listing
  for (const title of ['Second', 'Third', 'Fourth']) source.put('s3://inbox/a/dem.xml', title);
  const last = await publish('job-2');
  for (const uri of [URI, 's3://inbox/a/dem.xml', 's3://inbox/a/dem.sld']) source.drop(uri);

  const job = published(await retried());
  const { fingerprint, generation, ...rest } = job;
  const { stage: _, fingerprint: was, generation: before, ...expected } = last;
  const entry = await ledger.get(dataset);
  assert.deepEqual(rest, { ...expected, stage: 'publish', object: entry?.object });
  assert.equal(job.metadata.title, 'Fourth');
  assert.equal(generation, before + 1);
  assert.equal(entry?.version, last.version, 'a file that comes back is known');
  assert.notDeepEqual(fingerprint, was, 'a file that comes back is not taken for the one that was brought in');
  assert.equal(headersRead, 2, 'what the ledger knows is not read again');
});

test('killed after it took its generation it goes on under the same one', async () => {
  source.put(URI, 'tiff');
  await publish('job-1');
  source.drop(URI);
  const first = published(await retried());
  assert.equal((await ledger.get(dataset))?.state, 'inspecting');
  assert.deepEqual(published(await retried()), first);
  await ledger.apply(dataset, 2, { state: 'dead' }, {});
  assert.equal(published(await retried(undefined, 'again')).generation, 3, 'what died on its way can be replayed');
});

test('where the object is gone as well it is a dead letter that says so', async () => {
  source.put(URI, 'tiff');
  await publish('job-1');
  source.drop(URI);
  store.objects.clear();
  const context = testContext({ jobId: 'retry' });
  await assert.rejects(async () => await stage()(inspectJob({ force: true }), context), {
    ...{ code: 'SOURCE_GONE', means: 'reject' },
    message: /a\/dem\.tif is gone, and so is its object s3:\/\/geodata\/rasters\/.*dem\.tif/,
  });
  assert.equal(context.adopted, 2);
});

test('a kept description that is gone degrades the dataset; a ledger without facts reads them from the object', async () => {
  source.put(URI, 'tiff');
  source.put('s3://inbox/a/dem.xml', 'Heights');
  const { sidecar } = await publish('job-1', { facts: undefined as never });
  source.drop(URI);
  store.objects.delete(`geodata/${sidecar?.key}`);
  const job = published(await retried());
  assert.equal(job.metadataState, 'degraded');
  assert.match(job.metadata.warnings[0] ?? '', /^sidecar dem\.xml refused: METADATA_MISSING/);
  assert.equal(job.sidecar, null);
  assert.deepEqual([job.facts, headersRead], [exampleFacts(4), 2]);
});

test('nothing moves without being forced, on its way out, under a rule that takes layers away, or with other content', async () => {
  source.put(URI, 'tiff');
  await publish('job-1');
  source.drop(URI);
  const gone = { kind: 'done', note: 'source-gone' };
  assert.deepEqual(await stage()(inspectJob(), testContext({ jobId: 'look' })), gone);
  const held = await retried('deletions: { policy: delete, graceHours: 24 }');
  assert.equal(held.kind === 'done' ? held.note : '', 'source-gone-in-grace');
  assert.equal((await ledger.get(dataset))?.generation, 1);
  await ledger.apply(dataset, 1, { state: 'dead', publishedVersion: 'aaaaaaaaaa-0' }, {});
  await assert.rejects(async () => await retried(), { code: 'SOURCE_GONE' }, 'what it died of went with the file');
  for (const state of ['removing', 'removed'] as const) {
    await ledger.apply(dataset, 2, { state }, {});
    assert.deepEqual(await retried(), gone);
  }
});
