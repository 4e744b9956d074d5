import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { createNodes, type Lookup } from './nodes.ts';

const URL = 'http://primary:8080/geoserver';
const NAMED = 'dns+http://nodes:8080/geoserver/';
const signal = new AbortController().signal;

/** A name service whose answers a test changes, and a clock. */
function world(names: Record<string, string[]>) {
  const asked: string[] = [];
  const lookup: Lookup = async (host) => {
    asked.push(host);
    return names[host] ?? [];
  };
  const clock = { ms: 0 };
  return { names, asked, clock, parts: { lookup, lookupHoldsMs: 5_000, now: () => clock.ms } };
}

suite('which nodes there are', () => {
  test('a name stands for every address it has, and the primary is not there twice', async () => {
    const { parts } = world({ primary: ['10.0.0.1'], nodes: ['10.0.0.3', '10.0.0.1', '10.0.0.2'] });
    const nodes = createNodes({ url: URL, nodes: [URL, NAMED], ...parts });
    assert.deepEqual(await nodes(signal), [URL, 'http://10.0.0.2:8080/geoserver', 'http://10.0.0.3:8080/geoserver']);
  });

  test('the same address at another port is another node', async () => {
    const { parts } = world({ primary: ['10.0.0.1'], nodes: ['10.0.0.1'] });
    const nodes = createNodes({ url: URL, nodes: ['dns+http://nodes:8081/geoserver'], ...parts });
    assert.deepEqual(await nodes(signal), [URL, 'http://10.0.0.1:8081/geoserver']);
  });

  test('a name without addresses leaves the primary alone', async () => {
    const { parts } = world({ primary: ['10.0.0.1'] });
    assert.deepEqual(await createNodes({ url: URL, nodes: [NAMED], ...parts })(signal), [URL]);
  });

  test('addresses of version 6 are written as URLs want them', async () => {
    const { parts } = world({ primary: ['fd00::1'], nodes: ['fd00::1', 'fd00::2'] });
    const nodes = createNodes({ url: URL, nodes: [NAMED], ...parts });
    assert.deepEqual(await nodes(signal), [URL, 'http://[fd00::2]:8080/geoserver']);
  });

  test('names are looked up afresh, but not at every look', async () => {
    const { parts, names, asked, clock } = world({ primary: ['10.0.0.1'], nodes: ['10.0.0.2'] });
    const nodes = createNodes({ url: URL, nodes: [NAMED], ...parts });
    assert.equal((await nodes(signal)).length, 2);
    names.nodes = ['10.0.0.2', '10.0.0.3'];
    clock.ms = 4_999;
    assert.equal((await nodes(signal)).length, 2);
    assert.deepEqual(asked, ['primary', 'nodes']);
    clock.ms = 5_000;
    assert.equal((await nodes(signal)).length, 3);
    names.nodes = [];
    clock.ms = 10_000;
    assert.deepEqual(await nodes(signal), [URL]);
  });

  test('listed nodes need no name service', async () => {
    const { parts, asked } = world({});
    const nodes = createNodes({ url: URL, nodes: ['http://other:8080/geoserver'], ...parts });
    assert.deepEqual(await nodes(signal), [URL, 'http://other:8080/geoserver']);
    assert.deepEqual(asked, []);
  });

  test('a name service that fails is told, and asked again at once', async () => {
    let fails = true;
    const lookup: Lookup = async (host) => {
      if (fails) throw new Error(`SERVFAIL ${host}`);
      return ['10.0.0.2'];
    };
    const nodes = createNodes({ url: 'http://10.0.0.1:8080/geoserver', nodes: [NAMED], lookup, lookupHoldsMs: 5_000 });
    await assert.rejects(nodes(signal), /SERVFAIL nodes/);
    fails = false;
    assert.equal((await nodes(signal)).length, 2);
  });

  test('nobody waits for a name service longer than for the job', async () => {
    const lookup: Lookup = () => new Promise(() => {});
    const nodes = createNodes({ url: URL, nodes: [NAMED], lookup, lookupHoldsMs: 5_000 });
    const job = new AbortController();
    const asked = nodes(job.signal);
    job.abort(new Error('the job is over'));
    await assert.rejects(asked, /the job is over/);
  });

  test('this machine is asked where nobody else is', async () => {
    const nodes = createNodes({
      url: 'http://127.0.0.1:8080/geoserver',
      nodes: ['dns+http://localhost:8080/geoserver', 'dns+http://no-such-name.invalid:8080/geoserver'],
      lookupHoldsMs: 5_000,
    });
    const found = await nodes(signal);
    assert.equal(found[0], 'http://127.0.0.1:8080/geoserver');
    assert.ok(!found.slice(1).includes('http://127.0.0.1:8080/geoserver'));
  });
});
