import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatLocation, type LedgerPatch, parseLocation, Retry } from '@geosluice/jobs';
import { decideRedis } from './check-redis.ts';
import { asPipelineError, isAway, PipelineError } from './error.ts';
import { decodeEntry, encodeLocation, encodePatch } from './ledger/codec.ts';
import { decodeCursor, encodeCursor } from './ledger/cursor.ts';
import { overlaps } from './ledger/list.ts';
import { jobOptionsOf } from './queues.ts';
import { decideRemoval } from './restart.ts';
import { FACTS, inspectJob } from './testing/samples.ts';
import { rastersBeside } from './watches.ts';

test('only noeviction is taken, and what cannot be seen is warned of', () => {
  const good = decideRedis('maxmemory:0\r\nmaxmemory_policy:noeviction\r\n', 'aof_enabled:1\r\n');
  assert.deepEqual(good, { refusal: null, warnings: [] });
  assert.match(decideRedis('maxmemory_policy:volatile-lru', 'aof_enabled:1').refusal ?? '', /volatile-lru/);
  const blind = decideRedis(null, null);
  assert.equal(blind.refusal, null);
  assert.equal(blind.warnings.length, 2);
});

test('a removal goes first; of many, and of those of a rule, fifty begin every five seconds', () => {
  assert.deepEqual(decideRemoval('request', 1), { priority: 'interactive', delayMs: 0 });
  assert.deepEqual(decideRemoval('request', 19), { priority: 'interactive', delayMs: 0 });
  assert.deepEqual(decideRemoval('request', 20), { priority: 'bulk', delayMs: 0 });
  assert.deepEqual(decideRemoval('rule', 1), { priority: 'bulk', delayMs: 0 });
  const delays = Array.from({ length: 1_000 }, (_, at) => decideRemoval('rule', at + 1).delayMs);
  for (let ms = 5_000; ms < 100_000; ms += 5_000) assert.equal(delays.filter((delay) => delay === ms).length, 50);
});

test('a Redis that is away and one that refuses are told apart, and bugs stay what they are', () => {
  assert.ok(isAway(new Error('connect ECONNREFUSED 127.0.0.1:1')));
  assert.ok(isAway(new Error('Command timed out')));
  assert.ok(isAway(new PipelineError('REDIS_AWAY', 'Redis does not answer')));
  // another counterpart's outage is told by the stage, and holds the queue
  assert.ok(!isAway(new Retry('STORE_UNREACHABLE', 'connect ECONNREFUSED 127.0.0.1:9000', { counterpart: 's3' })));
  const refused = Object.assign(new Error('OOM command not allowed'), { name: 'ReplyError' });
  const error = asPipelineError(refused);
  assert.ok(error instanceof PipelineError && error.code === 'REDIS_REFUSED' && error.cause === refused);
  const bug = new TypeError('x');
  assert.equal(asPipelineError(bug), bug);
  assert.equal(new PipelineError('DATASET_UNKNOWN', 'x').means, 'reject');
});

test('an entry comes out of its hash as it went in', () => {
  const patch = encodePatch({ facts: FACTS, title: 'T', warnings: [], state: 'visible' });
  assert.equal(patch.state, undefined);
  const hash = { ...patch, uri: 's3://b/k.tif', generation: '3', state: 'found', createdMs: '1', by: 'upload' };
  const entry = decodeEntry('d', hash);
  assert.deepEqual(entry?.facts, FACTS);
  assert.deepEqual(entry?.warnings, []);
  assert.equal(entry?.generation, 3);
  assert.ok(entry !== null && !('by' in entry) && !('createdMs' in entry));
  assert.deepEqual(entry?.location, { kind: 's3', bucket: 'b', key: 'k.tif' });
  assert.equal(entry?.createdAt, '1970-01-01T00:00:00.001Z');
  assert.equal(decodeEntry('d', {}), null);
});

test('a location is kept only where its uri does not say it all', () => {
  const location = { kind: 's3', bucket: 'b', key: 'k.tif' } as const;
  assert.equal(encodeLocation(location), '');
  const versioned = { ...location, versionId: 'v' };
  const hash = { uri: 's3://b/k.tif', state: 'found', createdMs: '1', location: encodeLocation(versioned) };
  assert.deepEqual(decodeEntry('d', hash)?.location, versioned);
});

test('a cursor comes back as it was, and anything else is refused', () => {
  const position = { score: '1764000000000', member: 'daaaa' };
  assert.deepEqual(decodeCursor(encodeCursor(position)), position);
  for (const text of ['', '!', 'eA', Buffer.from('1 a b').toString('base64url')]) {
    assert.throws(() => decodeCursor(text), { code: 'CURSOR_INVALID' });
  }
});

test('boxes touch across the antimeridian too', () => {
  assert.ok(overlaps([170, -10, -170, 10], [-180, 0, -175, 5]));
  assert.ok(overlaps([170, -10, -170, 10], [175, 0, 179, 5]));
  assert.ok(!overlaps([170, -10, -170, 10], [0, 0, 10, 5]));
  assert.ok(!overlaps([0, 0, 1, 1], [0, 2, 1, 3]));
});

test('a sidecar points at the rasters that it may belong to', () => {
  const beside = (uri: string): string[] => rastersBeside(parseLocation(uri)).map(formatLocation);
  assert.deepEqual(beside('s3://b/x/a.tif.xml'), ['s3://b/x/a.tif']);
  assert.deepEqual(
    beside('s3://b/x/a.xml'),
    ['.tif', '.tiff', '.TIF', '.TIFF'].map((end) => `s3://b/x/a${end}`),
  );
  assert.deepEqual(beside('s3://b/x.y/readme'), []);
});

test('what people ask for has no priority number, which BullMQ takes first', () => {
  assert.equal(jobOptionsOf(inspectJob('a.tif')).priority, undefined);
  const bulk = jobOptionsOf(inspectJob('a.tif', { options: { priority: 'bulk' } })).priority ?? 0;
  const reconcile = jobOptionsOf(inspectJob('a.tif', { options: { priority: 'reconcile' } })).priority ?? 0;
  assert.ok(bulk > 0 && reconcile > bulk);
});

test('whatever a stage records comes back out of the hash', () => {
  const patch: Required<Omit<LedgerPatch, 'state' | 'facts' | 'layer' | 'geonode'>> = {
    ...{ workspace: 'w', name: 'n', title: 't', metadataState: 'ok', warnings: ['striped'] },
    ...{ publishedVersion: 'aaaaaaaaaa-0', inPlaceRaster: 'aaaaaaaaaa' },
    object: { bucket: 'b', key: 'k.tif', size: 1, etag: 'e', checksum: null, owned: false },
  };
  const hash = { uri: 's3://b/k.tif', state: 'found', generation: '1', createdMs: '0' };
  const entry = decodeEntry('d', { ...hash, ...encodePatch(patch) });
  const { uri, state, location, createdAt, ...recorded } = entry ?? assert.fail();
  assert.deepEqual(recorded, { dataset: 'd', generation: 1, ...patch });
});
