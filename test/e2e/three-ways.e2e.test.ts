import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import type { DatasetHistory, DatasetPage, DeadLetterPage, Ingestion, Status } from '@geosluice/gateway-api';
import { brokenTiffs } from '../rasters/broken-tiffs.ts';
import { BAD_DROPS, type Drop, GOOD_DROPS } from '../rasters/collection.ts';
import { type Deployment, startDeployment } from './deployment.ts';
import { sidecar, smallRaster } from './samples.ts';
import { serveChunked, serveRanges, type WebServer } from './web-servers.ts';

const web = {
  ranged: smallRaster(70, { width: 300, height: 200 }),
  chunked: smallRaster(71, { width: 300, height: 200 }),
};

suite('[contract] three ways in', () => {
  let deployment: Deployment;
  let ranges: WebServer;
  let chunks: WebServer;
  let laptop: string;

  before(async () => {
    ranges = await serveRanges(
      new Map([
        ['/with ranges.tif', web.ranged],
        ['/with ranges.xml', new TextEncoder().encode(sidecar('From the web'))],
      ]),
    );
    chunks = await serveChunked(new Map([['/made/on demand.tif', web.chunked]]));
    laptop = await mkdtemp(join(tmpdir(), 'geosluice-laptop-'));
    deployment = await startDeployment({
      env: ({ mount }) => ({
        GEOSLUICE_ALLOW_HOSTS: [ranges.url, chunks.url].join(','),
        XDG_STATE_HOME: join(mount, '..', `${mount.split('/').at(-1)}-state`),
      }),
    });
  });
  after(async () => {
    await deployment?.close();
    await Promise.all([ranges?.stop(), chunks?.stop()]);
    await rm(laptop, { recursive: true, force: true });
    await rm(deployment?.env.XDG_STATE_HOME ?? laptop, { recursive: true, force: true });
  });

  const drop = async (prefix: string, { name, raster, sidecars = {} }: Drop): Promise<string> => {
    for (const [beside, bytes] of Object.entries(sidecars)) await deployment.put(prefix + beside, bytes);
    return await deployment.put(prefix + name, raster());
  };
  const write = async (folder: string, files: Record<string, Uint8Array | string>): Promise<void> => {
    await mkdir(folder, { recursive: true });
    for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
  };

  test('what is dropped under a watched prefix becomes a layer and a dataset, or a dead letter with its reason', async () => {
    const end = await deployment.watch('drop/');
    const uris = new Map<Drop, string>();
    for (const one of [...GOOD_DROPS, ...BAD_DROPS]) uris.set(one, await drop('drop/', one));
    for (const [one, uri] of uris) {
      const { becomes } = one;
      const entry = await deployment.becomes(uri, becomes.state);
      if (becomes.state === 'dead') {
        assert.equal(entry.reason?.code, becomes.code, one.name);
        assert.ok((entry.reason?.message ?? '').length > 20, 'the reason is a sentence');
        assert.equal(entry.layer, undefined);
      } else {
        assert.equal(entry.metadataState, becomes.metadata, one.name);
        await deployment.assertThere(entry, one.raster(), becomes.title);
      }
    }
    await end();
    await deployment.assertOnce();
  });

  test('any key that S3 allows comes in', async () => {
    const keys = [
      'odd/with space/ä ö ü ß.tif',
      'odd/plus+and%percent%20.tif',
      'odd/#hash?question.tif',
      'odd/emoji 🗺️/karte 🛰.TIF',
      'odd/=&;:,@!$(brackets)[square]{curly}\'".tiff',
      'odd/1999.12.31.tif',
    ];
    const end = await deployment.watch('odd/');
    const rasters = keys.map((_, at) => smallRaster(at));
    for (const [at, key] of keys.entries()) {
      await deployment.put(key.replace(/\.[^.]+$/, '.xml'), sidecar(`Odd ${at}`));
      await deployment.put(key, rasters[at] ?? '');
    }
    for (const [at, key] of keys.entries()) {
      const entry = await deployment.becomes(deployment.uri(key), 'visible');
      assert.match(entry.name ?? '', /^[a-z][a-z0-9_]{0,59}$/);
      await deployment.assertThere(entry, rasters[at] ?? new Uint8Array(), `Odd ${at}`);
    }
    await end();
  });

  test('a notification makes a drop visible long before the next listing', async () => {
    const end = await deployment.watch('events/', {}, 3_600);
    await deployment.ended('events');
    const raster = smallRaster(20);
    await deployment.put('events/new one+.xml', sidecar('Told by an event'));
    const uri = await deployment.put('events/new one+.tif', raster);
    const post = (): Promise<unknown> => deployment.notify('events/new one+.tif', 'ObjectCreated:Put');
    assert.deepEqual(await post(), { hinted: 1, ignored: 0 });
    await post();
    const entry = await deployment.becomes(uri, 'visible');
    await deployment.assertThere(entry, raster, 'Told by an event');
    // one that comes late or twice is nothing new
    await post();
    await deployment.ended('events');
    assert.equal((await deployment.becomes(uri, 'visible')).generation, entry.generation);
    await end();
    await deployment.assertOnce();
  });

  test('a request that is sent twice under one key is one ingestion', async () => {
    const raster = smallRaster(30);
    const uri = await deployment.put('http/once.tif', raster);
    const [first, second] = await Promise.all(
      [1, 2].map(() => deployment.ingest(uri, { keywords: ['posted'] }, 'the-same-key')),
    );
    assert.equal(first?.id, second?.id);
    const ended = await deployment.ended(first?.id ?? '');
    assert.equal(ended.counts.visible, 1);
    const third = await deployment.ingest(uri, { keywords: ['posted'] }, 'the-same-key');
    assert.equal(third.id, first?.id);
    const entry = await deployment.becomes(uri, 'visible');
    assert.equal(entry.generation, 1);
    await deployment.assertThere(entry, raster, 'once');
    await deployment.assertOnce();
  });

  test('many sources of one request, some of them bad', async () => {
    const good = smallRaster(31);
    const uris = [
      await deployment.put('http/good.tif', good),
      await deployment.put('http/bad.tif', brokenTiffs.cyclic()),
    ];
    const gone = deployment.uri('http/gone.tif');
    const ended = await deployment.ingested([...uris, gone]);
    assert.deepEqual([ended.counts.visible, ended.counts.dead], [1, 2]);
    assert.equal((await deployment.becomes(gone, 'dead')).reason?.code, 'SOURCE_GONE');
    await deployment.assertThere(await deployment.becomes(uris[0] ?? '', 'visible'), good, 'good');
  });

  test('a web server with ranges is read by ranges, one that sends chunks without a length is spooled', async () => {
    const ranged = `${ranges.url}/with%20ranges.tif`;
    const chunked = `${chunks.url}/made/on%20demand.tif`;
    await deployment.ingested([ranged, chunked]);
    const byRanges = await deployment.becomes(ranged, 'visible');
    await deployment.assertThere(byRanges, web.ranged, 'From the web');
    assert.ok(!ranges.requests.includes('GET /with%20ranges.tif'), 'it is never asked for whole');
    const spooled = await deployment.becomes(chunked, 'visible');
    await deployment.assertThere(spooled, web.chunked, 'on demand');
    const keys = await deployment.world.target.keys(`${deployment.env.GEOSLUICE_S3_PREFIX}/${spooled.dataset}/`);
    assert.deepEqual(keys, [spooled.object?.key], 'nothing is left of the spool');
    const refused = deployment.ingest('http://127.0.0.1:9/other.tif');
    await assert.rejects(refused, { code: 'SOURCE_NOT_ALLOWED' });
  });

  test('the command brings in a file that only this machine has, with its sidecar', async () => {
    const raster = smallRaster(40);
    await write(laptop, { 'local.tif': raster, 'local.xml': sidecar('From a laptop') });
    const text = await deployment.cli(['ingest', './local.tif', '--wait'], { cwd: laptop });
    assert.match(text, /visible 1/);
    const entry = await deployment.becomes(deployment.uri(`cli/laptop${laptop}/local.tif`), 'visible');
    await deployment.assertThere(entry, raster, 'From a laptop');
  });

  test('the command brings in a folder, and ends with 1 where something of it is refused', async () => {
    const folder = join(laptop, 'delivery');
    await write(folder, { 'fine.tif': smallRaster(41), 'cut off.tif': brokenTiffs.truncated(), 'readme.txt': 'hello' });
    await write(join(folder, 'deeper'), { 'below.tif': smallRaster(42) });
    const ended = await deployment.cliJson<Ingestion & { deadLetters: DatasetHistory[] }>(
      ['ingest', 'delivery', '--wait'],
      {
        ...{ cwd: laptop, code: 1 },
      },
    );
    assert.deepEqual([ended.counts.visible, ended.counts.dead], [2, 1]);
    assert.equal(ended.deadLetters[0]?.reason?.code, 'TRUNCATED');
    const below = await deployment.becomes(deployment.uri(`cli/laptop${folder}/deeper/below.tif`), 'visible');
    await deployment.assertThere(below, smallRaster(42), 'below');
  });

  test('the command hands on a path that the workers mount', async () => {
    const folder = join(deployment.world.mount, 'archive #1');
    const raster = smallRaster(43);
    await write(folder, { 'on the mount.tif': raster, 'on the mount.tif.xml': sidecar('On the mount') });
    const uri = pathToFileURL(join(folder, 'on the mount.tif')).href;
    await deployment.cli(['ingest', uri, '--wait']);
    await deployment.assertThere(await deployment.becomes(uri, 'visible'), raster, 'On the mount');
    await deployment.cli(['ingest', 'file:///etc/passwd.tif'], { code: 1 });
  });

  test('inspect tells header facts, metadata and verdict, and enqueues nothing', async () => {
    await write(laptop, {
      'look.tif': smallRaster(44),
      'look.xml': sidecar('Only looked at'),
      'bad.tif': brokenTiffs.noCrs(),
    });
    interface Inspected {
      verdict: string;
      layer: string;
      facts: { width: number; srs: string } | null;
      metadata: { title: string } | null;
      reason: { code: string } | null;
    }
    const good = await deployment.cliJson<Inspected>(['inspect', 'look.tif'], { cwd: laptop });
    assert.deepEqual([good.verdict, good.layer], ['accepted', 'look']);
    assert.deepEqual([good.facts?.width, good.facts?.srs, good.metadata?.title], [96, 'EPSG:32631', 'Only looked at']);
    const bad = await deployment.cliJson<Inspected>(['inspect', 'bad.tif'], { cwd: laptop, code: 1 });
    assert.equal(bad.reason?.code, 'NO_CRS');
    const [, s3] = [await deployment.put('looked/at.tif', smallRaster(45)), deployment.uri('looked/at.tif')];
    assert.equal((await deployment.cliJson<Inspected>(['inspect', s3])).verdict, 'accepted');
    assert.equal(await deployment.entry(s3), null);
  });

  test('ls, show, status, dead-letters and doctor tell what is there', async () => {
    const entry = await deployment.becomes(deployment.uri(`cli/laptop${laptop}/local.tif`), 'visible');
    const listed = await deployment.cliJson<DatasetPage>(['ls', '--q', 'From a laptop']);
    assert.deepEqual(
      listed.datasets.map(({ dataset }) => dataset),
      [entry.dataset],
    );
    assert.match(await deployment.cli(['ls', '--state', 'visible']), /From a laptop|local/);
    const shown = await deployment.cliJson<DatasetHistory>(['show', entry.dataset]);
    assert.equal(shown.title, 'From a laptop');
    assert.ok(shown.steps.some(({ stage }) => stage === 'publish'));
    const status = await deployment.cliJson<Status>(['status']);
    assert.ok(status.datasets.visible >= 10 && Object.keys(status.queues).length === 4);
    const dead = await deployment.cliJson<DeadLetterPage>(['dead-letters', '--code', 'TRUNCATED']);
    assert.deepEqual(new Set(dead.deadLetters.map(({ code }) => code)), new Set(['TRUNCATED']));
    const checks = await deployment.cliJson<Array<{ counterpart: string; ok: boolean }>>(['doctor']);
    assert.ok(checks.length >= 6 && checks.every(({ ok }) => ok));
  });

  test('exit codes tell scripts what happened', async () => {
    await deployment.cli(['show', `d${'a'.repeat(20)}`], { code: 4 });
    await deployment.cli(['ls', '--state', 'nonsense'], { code: 2 });
    await deployment.cli(['ingest', 's3://not-allowed/x.tif'], { code: 1 });
    await deployment.cli(['ingest', './no such file.tif'], { code: 1, cwd: laptop });
    await deployment.assertOnce();
  });
});
