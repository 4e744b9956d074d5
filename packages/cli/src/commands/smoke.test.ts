import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { type DatasetState, datasetIdOf, formatLocation, type LedgerEntry, parseLocation } from '@geosluice/jobs';
import { runCli } from '../cli.ts';
import { EXIT } from '../exit-codes.ts';
import type { CliPorts } from '../ports.ts';
import { createFakeGateway, exampleEntry } from '../testing/fake-gateway.ts';

const LAYER = {
  ...{ workspace: 'geosluice', store: 's', name: 'geosluice_smoke', storeType: 's3geotiff', srs: 'EPSG:4326' },
  ...{ nativeBbox: [0, 0, 1, 1], wgs84Bbox: [0, 0, 1, 1], wms: 'http://maps.test/geosluice/s/wms', style: null },
} as LedgerEntry['layer'];

/** A deployment whose datasets go through these states, one a look, and stay in the last. */
function world(road: DatasetState[], over: Partial<LedgerEntry> = {}) {
  const files = new Map<string, Buffer>();
  const fetched: string[] = [];
  const gateway = createFakeGateway();
  const states = [...road];
  let title = '';
  gateway.dataset = async (id) => {
    const state = states.length > 1 ? states.shift() : states[0];
    if (gateway.calls.some((call) => call.startsWith(`remove ${id}`))) return { ...exampleEntry({ state: 'removed' }) };
    if (state === undefined) throw Object.assign(new Error('no dataset'), { code: 'DATASET_UNKNOWN' });
    return exampleEntry({ dataset: id, state, title, ...(LAYER === undefined ? {} : { layer: LAYER }), ...over });
  };
  const locationOf = (name: string) => ({ kind: 's3', bucket: 'inbox', key: `cli/${name}` }) as const;
  const ports: Partial<CliPorts> = {
    gateway: () => gateway,
    scratch: () => ({
      locationOf,
      async put(name, body) {
        files.set(formatLocation(locationOf(name)), body);
        title = /<dc:title>(.*)<\/dc:title>/.exec(body.toString())?.[1] ?? title;
      },
      async remove(location) {
        files.delete(formatLocation(location));
      },
    }),
    async fetch(url) {
      fetched.push(url);
      return { status: 200, type: 'image/png', bytes: Buffer.from('\u0089PNG', 'latin1') };
    },
  };
  const run = async (line: string, signal = new AbortController().signal) => {
    let [stdout, stderr] = ['', ''];
    const code = await runCli(line.split(' '), {
      stdout: { write: (text) => (stdout += text) },
      stderr: { write: (text) => (stderr += text) },
      ...{ signal, version: '1.2.3', cwd: '/', ports: ports as CliPorts },
    });
    return { code, stdout, stderr };
  };
  return { gateway, files, fetched, ports, run };
}

suite('geosluice smoke', () => {
  test('sends a raster and its sidecar through, and leaves nothing', async () => {
    const { gateway, files, run } = world(['inspecting', 'uploading', 'visible']);
    const { code, stdout, stderr } = await run('smoke');
    assert.equal(code, EXIT.ok, stderr);
    const [started = '', removed = ''] = gateway.calls;
    const [, uri = '', options = '{}'] = /^start (\S+) (.*)$/.exec(started) ?? [];
    assert.match(uri, /^s3:\/\/inbox\/cli\/smoke-([0-9a-f]{8})\/geosluice_smoke_\1\.tif$/);
    assert.deepEqual(JSON.parse(options), { priority: 'interactive', metadata: 'required', after: 'keep' });
    assert.equal(removed, `remove ${datasetIdOf(parseLocation(uri))} delete`);
    assert.equal(files.size, 0);
    assert.match(stdout, /✔ put .*\n✔ started .*\n✔ visible as .*\n✔ removed .*\n✔ files removed .*\none raster went/);
  });

  test('keeps it where it is asked to', async () => {
    const { gateway, files, run } = world(['visible']);
    assert.equal((await run('smoke --keep')).code, EXIT.ok);
    assert.equal(gateway.calls.length, 1);
    assert.deepEqual([...files.keys()].map((uri) => uri.slice(-4)).sort(), ['.tif', '.xml']);
  });

  test('looks at the map where it is asked to', async () => {
    const { fetched, run } = world(['visible']);
    assert.equal((await run('smoke --map')).code, EXIT.ok);
    assert.match(fetched[0] ?? '', /^http:\/\/maps\.test\/geosluice\/s\/wms\?.*request=GetMap&layers=geosluice_smoke&/);
  });

  test('is refused with the reason of a dead letter, and cleans up', async () => {
    const { gateway, files, run } = world(['inspecting', 'dead'], {
      reason: { code: 'NOT_A_TIFF', message: 'the bytes are none', stage: 'discover' },
    });
    const { code, stderr } = await run('smoke');
    assert.equal(code, EXIT.refused);
    assert.match(stderr, /NOT_A_TIFF: the bytes are none/);
    assert.equal(files.size, 0);
    assert.match(gateway.calls.at(-1) ?? '', /^remove /);
  });

  test('is refused where the sidecar was not read', async () => {
    const { run } = world(['visible'], { title: 'geosluice_smoke' });
    const { code, stderr } = await run('smoke');
    assert.equal(code, EXIT.refused);
    assert.match(stderr, /its title is "geosluice_smoke", and the sidecar said "geosluice smoke [0-9a-f]{8}"/);
  });

  test('is refused where the map is none', async () => {
    const { ports, run } = world(['visible']);
    ports.fetch = async () => ({ status: 200, type: 'application/xml', bytes: Buffer.from('<Exception/>') });
    assert.equal((await run('smoke --map')).code, EXIT.refused);
  });

  test('that does not arrive in time says where it is, and cleans up', async () => {
    const { files, run } = world(['publishing'], { lastError: 'GeoServer cannot be reached' });
    const { code, stderr } = await run('smoke --timeout 1');
    assert.equal(code, EXIT.unavailable);
    assert.match(stderr, /within 1 s, after: started ingestion i1; it is publishing \(GeoServer cannot be reached\)/);
    assert.equal(files.size, 0);
  });

  test('that is interrupted cleans up all the same', async () => {
    const { gateway, files, run } = world(['uploading']);
    const interrupted = new AbortController();
    const looked = gateway.dataset;
    gateway.dataset = (id, signal) => {
      interrupted.abort();
      return looked(id, signal);
    };
    assert.equal((await run('smoke', interrupted.signal)).code, EXIT.interrupted);
    assert.equal(files.size, 0);
    assert.match(gateway.calls.at(-1) ?? '', /^remove /);
  });

  test('names what it cannot clean up', async () => {
    const { gateway, run } = world(['dead']);
    gateway.remove = async () => {
      throw new Error('the gateway is away');
    };
    assert.match((await run('smoke')).stderr, /it is not removed yet: geosluice rm d\w+ \(the gateway is away\)/);
  });

  test('tells scripts its steps', async () => {
    const { stdout } = await world(['visible']).run('smoke --json');
    const told = JSON.parse(stdout) as { ok: boolean; steps: Array<{ step: string; seconds: number }> };
    assert.deepEqual([told.ok, told.steps.length], [true, 5]);
  });
});

suite('geosluice sweep-uploads', () => {
  for (const [line, ms, says] of [
    ['sweep-uploads', 604_800_000, '3 unfinished uploads older than 7 days given back'],
    ['sweep-uploads --older-than-hours 1', 3_600_000, '3 unfinished uploads older than 1 hour given back'],
  ] as const) {
    test(`${line} says how many`, async () => {
      const { ports, run } = world([]);
      ports.sweepUploads = async (olderThanMs) => {
        assert.equal(olderThanMs, ms);
        return 3;
      };
      const { code, stdout } = await run(line);
      assert.deepEqual([code, stdout], [EXIT.ok, `${says}\n`]);
    });
  }

  test('takes no nonsense for an age', async () => {
    assert.equal((await world([]).run('sweep-uploads --older-than-hours 0')).code, EXIT.usage);
  });
});
