import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import {
  datasetIdOf,
  type InspectJob,
  type ListJob,
  type Outcome,
  parseLocation,
  type UploadJob,
} from '@geosluice/jobs';
import { createMemoryLedger, type MemoryLedger } from '../../../../test/ports/memory-ledger.ts';
import { testContext } from '../testing/context.ts';
import { discoverStage, inboxRule, inspectJobOf } from '../testing/discover-stage.ts';
import { createMemorySource, type MemorySource } from '../testing/memory-source.ts';
import { createMemoryStore, type MemoryStore } from '../testing/memory-store.ts';

const URI = 's3://inbox/a/dem.tif';
const LOCATION = parseLocation(URI);
const DATASET = datasetIdOf(LOCATION);
let source: MemorySource;
let store: MemoryStore;
let ledger: MemoryLedger;
let runs: number;

beforeEach(() => {
  source = createMemorySource();
  store = createMemoryStore();
  ledger = createMemoryLedger();
  runs = 0;
});

/** Runs one discover job under one rule of the inbox. */
async function run(rule: string, job: InspectJob | ListJob): Promise<Outcome> {
  const stage = discoverStage({
    ...{ sources: source, store, ledger, rules: inboxRule(rule) },
    defaults: { workspace: 'geosluice', owner: 'admin', metadata: 'optional', metadataGraceSeconds: 600 },
  });
  runs += 1;
  return await stage(job, testContext({ jobId: `job-${runs}` }));
}

const inspectJob = (over: Partial<InspectJob> = {}) => inspectJobOf(URI, over);

function uploadOf(outcome: Outcome): UploadJob {
  assert.ok(outcome.kind === 'next');
  const [job] = outcome.jobs;
  assert.ok(job?.stage === 'upload' && job.kind === 'add');
  return job;
}

/** As if the dataset had gone all the way. */
async function publish({ dataset, generation, version, workspace, name, facts }: UploadJob): Promise<void> {
  const { nativeBbox, wgs84Bbox, srs } = facts;
  const place = { workspace, store: name, name, storeType: 's3geotiff' as const };
  const layer = { ...place, srs, nativeBbox, wgs84Bbox, wms: 'http://geoserver.test/wms', style: null };
  const object = { bucket: 'geodata', key: `${dataset}.tif`, size: 4, etag: 'e', checksum: null, owned: true };
  store.objects.set(`geodata/${dataset}.tif`, Buffer.from('tiff'));
  const record = { state: 'visible', workspace, name, facts, publishedVersion: version, layer, object } as const;
  await ledger.apply(dataset, generation, record, {});
}

/** What the ledger calls the content that lies there, and how many inspections a scan asks for. */
async function scan(rule: string): Promise<number> {
  const folder = parseLocation('s3://inbox/a/');
  const job = {
    schema: 1,
    stage: 'discover',
    kind: 'list',
    ingestion: 'i1',
    options: {},
    source: folder,
    depth: 0,
  } as const;
  const outcome = await run(rule, job);
  return outcome.kind === 'next' ? outcome.jobs.length : 0;
}

test('a rule says what a request does not, and the settings what neither does', async () => {
  source.put(URI, 'tiff');
  const rule = 'workspace: imagery, license: CC BY 4.0, group: surveyors';
  const job = uploadOf(await run(rule, inspectJob({ options: { group: 'asked' } })));
  assert.equal(job.workspace, 'imagery');
  const { rule: name, license, group, owner } = job.options;
  assert.deepEqual([name, license, group, owner], ['inbox', 'CC BY 4.0', 'asked', 'admin']);
});

test('a rule that changes what becomes of a dataset is a reason to look again; one that is only called otherwise is none', async () => {
  source.put(URI, 'tiff');
  await publish(uploadOf(await run('license: CC BY 4.0', inspectJob())));
  assert.equal(await scan('license: CC BY 4.0'), 0);
  assert.equal(await scan('license: CC BY 4.0, after: tag'), 0, 'done to the inbox, not to the dataset');
  assert.equal(await scan('license: CC0'), 1);
});

test('skip: other content leaves the layer as it is, and is not looked at again', async () => {
  source.put(URI, 'tiff');
  const first = uploadOf(await run('duplicates: skip', inspectJob()));
  await publish(first);
  source.put(URI, 'other');
  const outcome = await run('duplicates: skip', inspectJob());
  assert.deepEqual(outcome, { kind: 'done', record: { state: 'visible' }, note: 'other-content-skipped' });
  await ledger.apply(DATASET, 2, { state: 'visible' }, {});
  assert.equal(await scan('duplicates: skip'), 0);
  assert.equal((await ledger.get(DATASET))?.publishedVersion, first.version);
  // as it was: the layer shows it, and only what is said of it may have changed
  source.put(URI, 'tiff');
  const back = await run('duplicates: skip', inspectJob());
  assert.ok(back.kind === 'next' && back.jobs[0]?.stage === 'register');
});

test('error: other content is told of, and a retry replaces the layer', async () => {
  source.put(URI, 'tiff');
  await publish(uploadOf(await run('duplicates: error', inspectJob())));
  source.put(URI, 'other');
  await assert.rejects(run('duplicates: error', inspectJob()), {
    code: 'CONTENT_CHANGED',
    message: /s3:\/\/inbox\/a\/dem\.tif holds other content than the layer geosluice:dem/,
  });
  assert.equal(uploadOf(await run('duplicates: error', inspectJob({ force: true, nonce: 'n' }))).name, 'dem');
});

test('version: each content is a dataset with a numbered name, and none takes the next for its own', async () => {
  source.put(URI, 'tiff');
  await publish(uploadOf(await run('duplicates: version', inspectJob())));
  const names: string[] = [];
  const inspections: InspectJob[] = [];
  for (const content of ['second', 'the third']) {
    source.put(URI, content);
    const outcome = await run('duplicates: version', inspectJob());
    assert.ok(outcome.kind === 'next' && outcome.jobs[0]?.kind === 'inspect');
    assert.deepEqual(outcome.record, { state: 'visible' });
    const [own] = outcome.jobs;
    assert.notEqual(own.dataset, DATASET);
    inspections.push(own);
    const job = uploadOf(await run('duplicates: version', own));
    await publish(job);
    names.push(job.name);
    await ledger.apply(DATASET, (await ledger.get(DATASET))?.generation ?? 0, { state: 'visible' }, {});
    assert.equal(await scan('duplicates: version'), 0);
  }
  assert.deepEqual(names, ['dem_v2', 'dem_v3']);
  const [second] = inspections;
  assert.ok(second !== undefined);
  const stays = await run('duplicates: version', { ...second, nonce: 'n' });
  assert.deepEqual(stays, { kind: 'done', note: 'source-gone' });
  const again = await run('duplicates: version', { ...second, force: true, nonce: 'm' });
  assert.ok(again.kind === 'next' && again.jobs[0]?.stage === 'publish' && again.jobs[0].kind === 'add');
  assert.deepEqual([again.jobs[0].name, again.jobs[0].object.key], ['dem_v2', `${second.dataset}.tif`]);
});
