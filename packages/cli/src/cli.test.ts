import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseLocation, Retry } from '@geosluice/jobs';
import type { ReconcileOptions, Report, Summary } from '@geosluice/reconcile';
import { runCli } from './cli.ts';
import { EXIT } from './exit-codes.ts';
import type { CliPorts, GatewayPort } from './ports.ts';
import { countsOf, createFakeGateway, exampleEntry } from './testing/fake-gateway.ts';

async function cli(
  line: string | string[],
  over: Partial<CliPorts> & { fake?: GatewayPort; signal?: AbortSignal } = {},
) {
  const { fake = createFakeGateway(), signal = new AbortController().signal, ...ports } = over;
  let [stdout, stderr] = ['', ''];
  const code = await runCli(typeof line === 'string' ? line.split(' ') : line, {
    stdout: { write: (text) => (stdout += text) },
    stderr: { write: (text) => (stderr += text) },
    signal,
    version: '1.2.3',
    cwd: '/home/ann',
    ports: {
      gateway: () => fake,
      inbox: () => assert.fail('no upload was asked for'),
      scratch: () => assert.fail('nothing is put anywhere'),
      sweepUploads: () => assert.fail('no sweep was asked for'),
      fetch: () => assert.fail('nothing is fetched'),
      inspect: () => assert.fail('no inspection was asked for'),
      doctor: () => assert.fail('no check was asked for'),
      reconcile: () => assert.fail('no comparison was asked for'),
      up: () => assert.fail('nothing was started'),
      config: () => [],
      ...ports,
    },
  });
  return { code, stdout, stderr };
}

const dead = exampleEntry({
  dataset: 'dbbbbbbbbbbbbbbbbbbbb',
  state: 'dead',
  reason: { code: 'TRUNCATED', message: 'tile 7 ends at 9000 of 3000 bytes', stage: 'discover' },
});

test('ingest starts an ingestion with the options of its flags', async () => {
  const fake = createFakeGateway();
  const { code, stdout } = await cli('ingest s3://inbox/a/ --owner ann --keyword x --keyword y --after tag', { fake });
  assert.equal(code, EXIT.ok);
  assert.deepEqual(fake.calls, ['start s3://inbox/a/ {"after":"tag","owner":"ann","keywords":["x","y"]}']);
  assert.match(stdout, /ingestion i1 started/);
});

test('a path of this machine is brought to the inbox first', async () => {
  const fake = createFakeGateway();
  const paths: string[] = [];
  const { code } = await cli('ingest data/dem.tif', {
    fake,
    inbox: () => ({
      async upload(path) {
        paths.push(path);
        return [parseLocation('s3://inbox/dem.tif')];
      },
    }),
  });
  assert.equal(code, EXIT.ok);
  assert.deepEqual(paths, ['/home/ann/data/dem.tif']);
  assert.match(fake.calls[0] ?? '', /^start s3:\/\/inbox\/dem\.tif /);
});

test('--wait follows to the end and exits 0 only where nothing became a dead letter', async () => {
  const looks = () => [
    { running: true, counts: countsOf({ uploading: 2 }) },
    { running: false, counts: countsOf({ visible: 2 }) },
  ];
  const good = await cli('ingest s3://inbox/ --wait', { fake: createFakeGateway(looks()) });
  assert.equal(good.code, EXIT.ok);
  assert.match(good.stderr, /upload 2 · publish 0/);
  assert.match(good.stdout, /visible 2 · dead 0/);
  const fake = createFakeGateway([{ running: false, counts: countsOf({ visible: 1, dead: 1 }) }]);
  fake.entries.push(exampleEntry(), dead);
  const bad = await cli('ingest s3://inbox/ --wait', { fake });
  assert.equal(bad.code, EXIT.refused);
  assert.match(bad.stdout, /TRUNCATED {2}s3:\/\/inbox\/dem\.tif/);
});

test('uploads under way are told with bytes and file name', async () => {
  const uploading = { running: true, counts: countsOf({ uploading: 1 }) };
  const event = {
    at: '2026-11-01T00:00:00Z',
    ingestion: 'i1',
    dataset: exampleEntry().dataset,
    stage: 'upload',
  } as const;
  const events = [1, 2].map((gib) => ({
    ...{ id: `${gib}-0`, type: 'progress' as const, done: gib * 1024 ** 3, total: 4 * 1024 ** 3 },
    ...event,
  }));
  const fake = createFakeGateway([uploading, uploading, { counts: countsOf({ visible: 1 }) }], events);
  fake.entries.push(exampleEntry());
  assert.match((await cli('status i1', { fake })).stdout, /upload 1 · .* dead 0 {3}2\.0 of 4\.0 GiB · dem\.tif 50 %\n/);
  fake.status = async () => ({ datasets: countsOf({ uploading: 1 }), queues: {} });
  assert.match((await cli('status', { fake })).stdout, /dead 0 {3}2\.0 of 4\.0 GiB · dem\.tif 50 %\n/);
  assert.doesNotMatch((await cli('status --json', { fake })).stdout, /GiB/);
});

test('--json gives one document and nothing else', async () => {
  const fake = createFakeGateway([{ running: false, counts: countsOf({ dead: 1 }) }]);
  fake.entries.push(dead);
  const { stdout, stderr } = await cli('ingest s3://inbox/ --wait --json', { fake });
  assert.equal(JSON.parse(stdout).deadLetters[0].reason.code, 'TRUNCATED');
  assert.equal(stderr, '');
  for (const line of ['status', 'ls', 'watch ls', 'dead-letters', 'config']) {
    const { code, stdout: document } = await cli(`${line} --json`);
    assert.equal(code, EXIT.ok, line);
    assert.equal(typeof JSON.parse(document), 'object', line);
  }
});

test('wrong words, values and sources exit 2 and say what is wrong', async () => {
  for (const [line, said] of [
    ['ingest', /missing required argument/],
    ['ingest gs://bucket/x.tif', /none of s3/],
    ['ingest s3://inbox/ --srs 4326', /EPSG:<code>/],
    ['ingest s3://inbox/ --after burn', /Allowed choices are keep, delete, tag/],
    ['ls --limit 0', /above 0/],
    ['ls --state gone', /Allowed choices/],
    ['frobnicate', /unknown command/],
    ['dead-letters replay', /--all/],
  ] as const) {
    const { code, stderr } = await cli(line);
    assert.equal(code, EXIT.usage, line);
    assert.match(stderr, said, line);
  }
});

test('help and version exit 0', async () => {
  assert.equal((await cli('--version')).stdout.trim(), '1.2.3');
  const help = await cli('--help');
  assert.equal(help.code, EXIT.ok);
  for (const name of [
    'ingest',
    'inspect',
    'status',
    'ls',
    'show',
    'retry',
    'rm',
    'watch',
    'dead-letters',
    'config',
    'doctor',
    'up',
  ]) {
    assert.match(help.stdout, new RegExp(`^  ${name}\\b`, 'm'), name);
  }
});

test('show tells the history; an unknown dataset exits 4', async () => {
  const fake = createFakeGateway();
  fake.entries.push(dead);
  const shown = await cli(`show ${dead.dataset}`, { fake });
  assert.match(shown.stdout, /reason +TRUNCATED: tile 7/);
  assert.match(shown.stdout, /register/);
  assert.equal((await cli('show dzz', { fake })).code, EXIT.unknown);
});

test('status shows queues with what holds them; an empty list says so', async () => {
  const { stdout } = await cli('status');
  assert.match(stdout, /publish +4 +2 +0 +1 +held for 5 s/);
  assert.match((await cli('ls')).stdout, /no datasets/);
  assert.match((await cli('watch ls')).stdout, /no watches/);
  assert.match((await cli('dead-letters')).stdout, /no dead letters/);
});

test('retry, rm and replay ask for what they say', async () => {
  const fake = createFakeGateway();
  await cli('retry d1 d2', { fake });
  await cli('rm d1 --keep-object', { fake });
  await cli('dead-letters replay --code TRUNCATED --as-it-was', { fake });
  assert.deepEqual(fake.calls, [
    'retry d1',
    'retry d2',
    'remove d1 unpublish',
    'replay {"code":"TRUNCATED","asItWas":true}',
  ]);
});

test('a watch is added, listed and removed', async () => {
  const fake = createFakeGateway();
  await cli('watch add daily s3://inbox/daily/ --interval-seconds 60 --after delete', { fake });
  assert.match((await cli('watch ls', { fake })).stdout, /daily +60 s +s3:\/\/inbox\/daily\/ +\{"after":"delete"\}/);
  assert.equal((await cli('watch rm daily', { fake })).code, EXIT.ok);
  assert.equal((await cli('watch rm daily', { fake })).code, EXIT.unknown);
});

test('doctor exits 1 where something is wrong and says what to do', async () => {
  const { code, stdout } = await cli('doctor', {
    async *doctor() {
      yield { counterpart: 'redis', ok: true, found: 'Redis 7.0.15' };
      yield {
        counterpart: 'geoserver',
        ok: false,
        found: '401 Unauthorized',
        advice: 'check GEOSLUICE_GEOSERVER_PASSWORD',
      };
    },
  });
  assert.equal(code, EXIT.refused);
  assert.match(
    stdout,
    /✔ redis +Redis 7\.0\.15\n✖ geoserver +401 Unauthorized\n +→ check GEOSLUICE_GEOSERVER_PASSWORD/,
  );
});

test('a key that the gateway does not take is a matter of configuration', async () => {
  for (const code of ['KEY_MISSING', 'KEY_UNKNOWN', 'SCOPE_MISSING']) {
    const fake = createFakeGateway();
    fake.status = async () => {
      throw Object.assign(new Error('the key is none of those configured'), { code });
    };
    assert.equal((await cli('status', { fake })).code, EXIT.usage, code);
  }
});

test('a gateway that does not answer exits 3, an interruption 130', async () => {
  const fake = createFakeGateway();
  fake.status = async () => {
    throw new Retry('GATEWAY_UNREACHABLE', 'http://127.0.0.1:1 does not answer');
  };
  const away = await cli('status', { fake });
  assert.equal(away.code, EXIT.unavailable);
  assert.match(away.stderr, /does not answer/);
  const controller = new AbortController();
  const interrupted = createFakeGateway([{ running: true }]);
  interrupted.ingestion = async (_id, signal) => {
    controller.abort();
    signal.throwIfAborted();
    return assert.fail('the signal was not passed on');
  };
  assert.equal(
    (await cli('status i1 --wait', { fake: interrupted, signal: controller.signal })).code,
    EXIT.interrupted,
  );
});

const finding: Omit<Report, 'outcome'> = {
  ...{ difference: 'missing', place: 'bucket', dataset: 'daaaaaaaaaaaaaaaaaaaa', subject: 's3://geodata/a.tif' },
  ...{ what: 'the object, "a", is gone', repair: 'retry' },
};

/** A comparison that finds these. */
function comparing(
  reports: Report[],
  over: Partial<Summary> = {},
): { ports: Partial<CliPorts>; asked: ReconcileOptions[] } {
  const asked: ReconcileOptions[] = [];
  const ports: Partial<CliPorts> = {
    async *reconcile(options) {
      asked.push(options);
      yield* reports;
      return { datasets: 3, nodes: ['http://one', 'http://two'], notCompared: [], held: 0, most: 10, ...over };
    },
  };
  return { ports, asked };
}

test('reconcile tells what differs and ends with 1; where all is mended, or nothing differs, with 0', async () => {
  const nothing = comparing([]);
  const agreed = await cli('reconcile', nothing.ports);
  assert.equal(agreed.code, EXIT.ok);
  assert.equal(agreed.stdout, '3 datasets compared on 2 nodes of GeoServer; nothing differs\n');
  assert.partialDeepStrictEqual(nothing.asked, [{ repair: false, yes: false, share: 0.05 }]);
  const found = await cli('reconcile', comparing([{ ...finding, outcome: 'found' }]).ports);
  assert.equal(found.code, EXIT.refused);
  assert.match(
    found.stdout,
    /^missing {3}bucket: s3:\/\/geodata\/a\.tif daaaaaaaaaaaaaaaaaaaa\n {2}the object, "a", is gone\n/,
  );
  assert.match(found.stdout, /1 thing differs; --repair mends what can be mended\n$/);
  const mending = comparing([{ ...finding, outcome: 'asked' }]);
  const mended = await cli('reconcile --repair --yes --cap-percent 20', mending.ports);
  assert.equal(mended.code, EXIT.ok);
  assert.match(mended.stdout, /is gone → on its way\n.*1 thing differs; 1 on its way\n$/s);
  assert.partialDeepStrictEqual(mending.asked, [{ repair: true, yes: true, share: 0.2 }]);
});

test('what reconcile holds, cannot mend or could not compare is told, and ends with 1', async () => {
  const held = await cli('reconcile --repair', comparing([{ ...finding, outcome: 'held' }], { held: 11 }).ports);
  assert.equal(held.code, EXIT.refused);
  assert.match(held.stdout, /11 would be taken away, more than 10: look at them, then add --yes/);
  const failed = comparing([{ ...finding, outcome: 'failed', error: 'Redis is away' }]);
  assert.match((await cli('reconcile --repair', failed.ports)).stdout, /→ failed: Redis is away/);
  const silent = comparing([], { notCompared: [{ place: 'geoserver http://two', error: 'no answer' }] });
  const { code, stderr } = await cli('reconcile', silent.ports);
  assert.deepEqual([code, stderr], [EXIT.refused, 'not compared, geoserver http://two: no answer\n']);
  assert.equal((await cli('reconcile --cap-percent 101')).code, EXIT.usage);
});

test('reconcile as a document a line, and as CSV that no spreadsheet runs', async () => {
  const reports: Report[] = [
    { ...finding, outcome: 'found' },
    { ...finding, subject: '=cmd', outcome: 'found' },
  ];
  const lines = (await cli('reconcile --json', comparing(reports).ports)).stdout.trimEnd().split('\n');
  const documents = lines.map((line) => JSON.parse(line));
  assert.deepEqual(documents.slice(0, 2), reports);
  assert.partialDeepStrictEqual(documents[2], { summary: { datasets: 3, found: 2 } });
  const csv = (await cli('reconcile --csv', comparing(reports).ports)).stdout.split('\n');
  assert.equal(csv[0], 'difference,place,dataset,subject,what,repair,outcome,error');
  assert.equal(
    csv[1],
    'missing,bucket,daaaaaaaaaaaaaaaaaaaa,s3://geodata/a.tif,"the object, ""a"", is gone",retry,found,',
  );
  assert.match(csv[2] ?? '', /,'=cmd,/);
});
