import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import {
  CreateBucketCommand,
  GetObjectTaggingCommand,
  ListObjectVersionsCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  PutObjectTaggingCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import type { S3Location } from '@geosluice/jobs';
import { type S3Kind, type S3Server, startS3 } from '../../../../test/counterparts/s3.ts';
import { type Bench, rejectsWith, sourceConformance } from '../../test/conformance.ts';
import { openUnsignedWay } from '../../test/unsigned-way.ts';
import { decodeS3Events, openSources, type S3Event, type Source } from '../index.ts';

const NEVER = new AbortController().signal;

interface S3Bench extends Bench {
  server: S3Server;
  client: S3Client;
  bucket: string;
  at(path: string): S3Location;
}

function clientOf({ endpoint, region, accessKey, secretKey }: Omit<S3Server, 'stop' | 'bucket'>): S3Client {
  return new S3Client({
    endpoint,
    region,
    forcePathStyle: true,
    credentials: { accessKeyId: accessKey, secretAccessKey: secretKey },
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    maxAttempts: 1,
  });
}

/** Of somebody whom the server does not know. */
async function strangerTo(server: S3Server): Promise<{ source: Source; giveBack(): Promise<void> }> {
  const way = await openUnsignedWay(server.endpoint);
  const client = clientOf({ ...server, endpoint: way.endpoint });
  return {
    source: sourceOf(client),
    async giveBack() {
      client.destroy();
      way.close();
    },
  };
}

function sourceOf(client: S3Client, pageSize = 1000): Source {
  const sources = openSources({
    allow: { buckets: ['*'], hosts: [], roots: [] },
    s3: { clientFor: () => client, pageSize },
  });
  return sources.for({ kind: 's3', bucket: 'any', key: '' });
}

async function newBucket(client: S3Client): Promise<string> {
  const Bucket = `sources-${randomBytes(6).toString('hex')}`;
  await client.send(new CreateBucketCommand({ Bucket }));
  return Bucket;
}

async function start(kind: S3Kind, eventWebhookUrl?: string): Promise<S3Bench> {
  const server = await startS3(kind, eventWebhookUrl === undefined ? {} : { eventWebhookUrl });
  const client = clientOf(server);
  const bucket = await newBucket(client);
  return {
    server,
    client,
    bucket,
    source: sourceOf(client),
    at: (key) => ({ kind: 's3', bucket, key }),
    async put(key, bytes) {
      await client.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: bytes }));
    },
    forbid: () => strangerTo(server),
    async stop() {
      client.destroy();
      await server.stop();
    },
  };
}

const ODD_NAMES = [
  'plain.tif',
  ' lead and trail .tif',
  'a+b.tif',
  'a b+c%20d%2Fe.tif',
  '%41%zz.tif',
  'a#b?c&d=e;f,g:h@i$.tif',
  `q'u"o<t>e&amp;.tif`,
  'é.tif'.normalize('NFC'),
  'é.tif'.normalize('NFD'),
  '🌍.tif',
  'new\nline.tif',
  'tab\t.tif',
  'back\\slash.tif',
  '*(star)!~.tif',
  'a\u00a0b\u2028c.tif',
  '..a..tif..tif',
  [
    'n'.repeat(240),
    'm'.repeat(240),
    'l'.repeat(240),
    'k'.repeat(240),
    `${'j'.repeat(1024 - 4 - 4 * 241 - 4)}.tif`,
  ].join('/'),
];

for (const kind of ['versitygw', 'seaweedfs'] as const) {
  sourceConformance(`an s3 source on ${kind}`, () => start(kind), {
    lists: true,
    findsAll: true,
    removes: true,
    // SeaweedFS takes a backslash for a slash
    oddNames: kind === 'seaweedfs' ? [...ODD_NAMES.filter((name) => !name.includes('\\')), 'x\u0001y.tif'] : ODD_NAMES,
  });

  describe(`an s3 source on ${kind}`, () => {
    let bench: S3Bench;
    before(async () => {
      bench = await start(kind);
    });
    after(() => bench?.stop());

    it('carries any key there and back: a hundred made up', async () => {
      const alphabet = [...'ab .+%#?&=;,:@$!\'()*"<>[]{}|^`~-_éñ漢字🌍\u0301'];
      // always the same hundred (a linear congruential generator)
      let state = 20_261_124;
      const below = (limit: number): number => {
        state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
        return Math.floor((state / 2 ** 32) * limit);
      };
      const keys = new Set<string>();
      while (keys.size < 100) {
        const middle = Array.from({ length: 1 + below(24) }, () => alphabet[below(alphabet.length)]).join('');
        keys.add(`random/x${middle}y.tif`);
      }
      for (const key of keys) await bench.put(key, Buffer.from(key));
      const page = await bench.source.list(bench.at('random/'), { signal: NEVER });
      const found = page.candidates.map(({ raster }) => (raster.location as S3Location).key);
      assert.deepEqual(new Set(found), keys);
      for (const { raster } of page.candidates.slice(0, 30)) {
        const bytes = await bench.source.read(raster.location, raster.fingerprint, { maxBytes: 2000, signal: NEVER });
        assert.equal(new TextDecoder().decode(bytes), (raster.location as S3Location).key);
      }
    });

    it('never parts a raster from its sidecars, however the pages fall', async () => {
      const rasters = ['a', 'a.b', 'a-b', 'b.2020.01', 'b.2020.02', 'c'];
      const names = rasters.flatMap((stem) => [`${stem}.sld`, `${stem}.tif`, `${stem}.tif.aux.xml`, `${stem}.xml`]);
      for (const name of names) await bench.put(`pages/${name}`, Buffer.from(name));
      const whole = await bench.source.list(bench.at('pages/'), { signal: NEVER });
      assert.equal(whole.candidates.length, rasters.length);
      for (const pageSize of [5, 6, 7, 8, 9, 11, 23]) {
        const source = sourceOf(bench.client, pageSize);
        const byKey = new Map<string, string[]>();
        let [cursor, calls]: [string | undefined, number] = [undefined, 0];
        do {
          const page = await source.list(bench.at('pages/'), {
            ...(cursor === undefined ? {} : { cursor }),
            signal: NEVER,
          });
          for (const { raster, sidecars } of page.candidates) {
            const { key } = raster.location as S3Location;
            assert.ok(!byKey.has(key), `${key} comes once`);
            byKey.set(
              key,
              sidecars.map(({ name }) => name),
            );
          }
          cursor = page.next ?? undefined;
          calls += 1;
          assert.ok(calls < 60, 'the listing ends');
        } while (cursor !== undefined);
        const expected = whole.candidates.map(({ raster, sidecars }) => [
          (raster.location as S3Location).key,
          sidecars.map(({ name }) => name),
        ]);
        assert.deepEqual([...byKey], expected, `pages of ${pageSize}`);
      }
    });

    it('lists several pages for one answer, and everything in the end', async () => {
      const names = Array.from({ length: 30 }, (_, i) => `several/r${String(i).padStart(2, '0')}.tif`);
      for (const name of names) await bench.put(name, Buffer.from('x'));
      const source = sourceOf(bench.client, 4);
      const first = await source.list(bench.at('several/'), { maxPages: 3, signal: NEVER });
      assert.ok(first.candidates.length >= 11 && first.candidates.length <= 12, String(first.candidates.length));
      assert.ok(first.next !== null);
      const rest = await source.list(bench.at('several/'), { cursor: first.next, maxPages: 100, signal: NEVER });
      assert.equal(rest.next, null);
      const keys = [...first.candidates, ...rest.candidates].map(({ raster }) => (raster.location as S3Location).key);
      assert.deepEqual(keys, names);
      await rejectsWith('INVALID_OPTIONS', () =>
        source.list(bench.at('several/'), { cursor: 'nonsense', signal: NEVER }),
      );
    });

    it('does not take a folder marker for a file', async () => {
      await bench.client.send(new PutObjectCommand({ Bucket: bench.bucket, Key: 'marked/', Body: new Uint8Array() }));
      await bench.put('marked/a.tif', Buffer.from('x'));
      const page = await bench.source.list(bench.at('marked/'), { signal: NEVER });
      assert.equal(page.candidates.length, 1);
      assert.deepEqual(page.prefixes, []);
      assert.equal(page.skipped['not-a-raster'], 0);
    });

    it('gives an empty page for an empty prefix only: no bucket and no permission are errors', async () => {
      const empty = await bench.source.list(bench.at('nothing/here/'), { signal: NEVER });
      assert.deepEqual([empty.candidates, empty.prefixes, empty.next], [[], [], null]);
      const nowhere: S3Location = { kind: 's3', bucket: 'no-such-bucket-at-all', key: '' };
      await rejectsWith('SOURCE_GONE', () => bench.source.list(nowhere, { signal: NEVER }));
      const { source, giveBack } = await strangerTo(bench.server);
      await rejectsWith('SOURCE_FORBIDDEN', () => source.list(bench.at(''), { signal: NEVER }));
      await giveBack();
    });

    it('takes wrong keys for a fault of the deployment, not of the file', async () => {
      const wrong = clientOf({ ...bench.server, secretKey: 'not the secret' });
      await bench.put('keys/a.tif', Buffer.from('x'));
      for (const work of [
        () => sourceOf(wrong).list(bench.at('keys/'), { signal: NEVER }),
        () => sourceOf(wrong).look(bench.at('keys/a.tif'), NEVER),
      ]) {
        const error = await rejectsWith('SOURCE_CREDENTIALS', work);
        assert.deepEqual([error.means, error.down, error.counterpart], ['retry', true, 's3']);
        assert.doesNotMatch(error.message, /not the secret/);
      }
      wrong.destroy();
    });

    it('adds tags to those that are there, unless the object changed', async () => {
      const Key = 'tags/a.tif';
      await bench.put(Key, Buffer.from('raster'));
      const target = { Bucket: bench.bucket, Key };
      const Tagging = {
        TagSet: [
          { Key: 'owner', Value: 'someone' },
          { Key: 'geosluice', Value: 'old' },
        ],
      };
      await bench.client.send(new PutObjectTaggingCommand({ ...target, Tagging }));
      const { raster } = await bench.source.look(bench.at(Key), NEVER);
      await bench.source.tag(raster.location, raster.fingerprint, { geosluice: 'registered' }, NEVER);
      const { TagSet = [] } = await bench.client.send(new GetObjectTaggingCommand(target));
      assert.deepEqual(Object.fromEntries(TagSet.map(({ Key = '', Value = '' }) => [Key, Value])), {
        owner: 'someone',
        geosluice: 'registered',
      });
      await bench.put(Key, Buffer.from('other!'));
      await rejectsWith('SOURCE_CHANGED', () =>
        bench.source.tag(raster.location, raster.fingerprint, { a: 'b' }, NEVER),
      );
      await rejectsWith('SOURCE_GONE', () => bench.source.tag(bench.at('tags/no.tif'), { size: 1 }, { a: 'b' }, NEVER));
    });

    it('pins the version of a bucket that keeps versions, and deletes by a marker that hides no newer one', async () => {
      const bucket = await newBucket(bench.client);
      const VersioningConfiguration = { Status: 'Enabled' as const };
      await bench.client.send(new PutBucketVersioningCommand({ Bucket: bucket, VersioningConfiguration }));
      const put = (Body: string) => bench.client.send(new PutObjectCommand({ Bucket: bucket, Key: 'v.tif', Body }));
      await put('older');
      const { VersionId } = await put('first');
      assert.ok(VersionId !== undefined);
      const location: S3Location = { kind: 's3', bucket, key: 'v.tif' };
      const { raster } = await bench.source.look(location, NEVER);
      assert.deepEqual(raster.location, { ...location, versionId: VersionId });
      const reader = await bench.source.open(raster.location, raster.fingerprint, NEVER);
      await put('newer');
      const bytes = new Uint8Array(5);
      await reader.readInto(0, bytes);
      assert.equal(new TextDecoder().decode(bytes), 'first', 'what was looked at is still what is read');
      await rejectsWith('SOURCE_CHANGED', () => bench.source.remove(raster.location, raster.fingerprint, NEVER));

      const newest = (await bench.source.look(location, NEVER)).raster;
      await bench.source.remove(newest.location, newest.fingerprint, NEVER);
      await rejectsWith('SOURCE_GONE', () => bench.source.look(location, NEVER));
      const { Versions } = await bench.client.send(new ListObjectVersionsCommand({ Bucket: bucket, Prefix: 'v.tif' }));
      assert.equal(Versions?.length, 3, 'no version is destroyed, and none comes back');
    });

    it('finds rasters without an extension by their first bytes, where that is asked for', async () => {
      await bench.put('magic/scene', Buffer.from('MM\0*\0\0\0\x08rest'));
      await bench.put('magic/scene.xml', Buffer.from('<x/>'));
      await bench.put('magic/README', Buffer.from('read me, please'));
      const magic = openSources({
        allow: { buckets: [bench.bucket], hosts: [], roots: [] },
        s3: { clientFor: () => bench.client },
        rules: { magic: true },
      });
      const page = await magic.for(bench.at('magic/')).list(bench.at('magic/'), { signal: NEVER });
      assert.deepEqual(
        page.candidates.map(({ raster, sidecars }) => [(raster.location as S3Location).key, sidecars.length]),
        [['magic/scene', 1]],
      );
    });
  });
}

describe('notifications as versitygw sends them', () => {
  let bench: S3Bench;
  let hook: ReturnType<typeof createServer>;
  const events: S3Event[] = [];
  let arrived = Promise.withResolvers<void>();
  before(async () => {
    hook = createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        response.end();
        events.push(...decodeS3Events(JSON.parse(Buffer.concat(parts).toString())));
        arrived.resolve();
        arrived = Promise.withResolvers();
      });
    });
    await new Promise<void>((resolve) => hook.listen(0, '127.0.0.1', resolve));
    bench = await start('versitygw', `http://127.0.0.1:${(hook.address() as AddressInfo).port}/`);
  });
  after(async () => {
    await bench?.stop();
    hook.closeAllConnections();
    hook.close();
  });

  it('name the very key, whatever is in it', { timeout: 30_000 }, async () => {
    for (const key of ['hooks/a b+c%20d.tif', 'hooks/é🌍.tif', 'hooks/a+b.tif', 'hooks/%41.tif']) {
      await bench.put(key, Buffer.from('x'));
      const isIt = ({ location, kind }: S3Event) =>
        kind === 'created' && location.key === key && location.bucket === bench.bucket;
      for (let next = arrived.promise; !events.some(isIt); next = arrived.promise) await next;
    }
  });
});
