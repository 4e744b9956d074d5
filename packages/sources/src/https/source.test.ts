import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, describe, it } from 'node:test';
import type { HttpsLocation } from '@geosluice/jobs';
import { type Bench, rejectsWith, sourceConformance } from '../../test/conformance.ts';
import { startWebServer, type WebServer } from '../../test/web-server.ts';
import { openSources, type Source, type Sources } from '../index.ts';

const NEVER = new AbortController().signal;
const text = (content: string): Uint8Array => new TextEncoder().encode(content);

interface WebBench extends Bench {
  web: WebServer;
  sources: Sources;
  at(path: string): HttpsLocation;
}

async function start(): Promise<WebBench> {
  const web = await startWebServer();
  const sources = openSources({ allow: { buckets: [], hosts: [web.origin], roots: [] } });
  const at = (path: string): HttpsLocation => ({
    kind: 'https',
    url: new URL(path.split('/').map(encodeURIComponent).join('/'), `${web.origin}/`).href,
  });
  return {
    web,
    sources,
    source: sources.for(at('')),
    at,
    put: async (path, bytes) => web.put(`/${path}`, bytes),
    async forbid(path) {
      web.manners(`/${path}`, { status: 403 });
      return { source: sources.for(at(path)), giveBack: async () => web.manners(`/${path}`, {}) };
    },
    async stop() {
      await sources.close();
      await web.stop();
    },
  };
}

sourceConformance('an https source', start, {
  lists: false,
  findsAll: false,
  removes: false,
  oddNames: ['plain.tif', 'a b+c%41.tif', 'a#b?c&d.tif', 'é🌍.tif', 'a;b=c,d@e.tif'],
});

describe('an https source', () => {
  let bench: WebBench;
  let source: Source;
  let impatient: Sources;
  before(async () => {
    bench = await start();
    source = bench.source;
    impatient = openSources({ allow: { buckets: [], hosts: [bench.web.origin], roots: [] }, timeoutMs: 250 });
  });
  after(async () => {
    await impatient?.close();
    await bench?.stop();
  });

  const put = (path: string, content: string, manners = {}): HttpsLocation => {
    bench.web.put(`/${path}`, text(content), manners);
    return bench.at(path);
  };
  const openAt = async (location: HttpsLocation) => {
    const { raster } = await source.look(location, NEVER);
    return source.open(raster.location, raster.fingerprint, NEVER);
  };

  it('has one file to list, and nothing to list below a folder', async () => {
    const location = put('one/a.tif', 'raster');
    const page = await source.list(location, { signal: NEVER });
    assert.deepEqual([page.candidates.length, page.next], [1, null]);
    await rejectsWith('INVALID_OPTIONS', () => source.list(bench.at('one/'), { signal: NEVER }));
  });

  it('looks by a ranged GET where HEAD is refused, as signed addresses and old servers do', async () => {
    for (const headStatus of [403, 405, 501, 400]) {
      const location = put('head/a.tif', 'raster', { headStatus });
      const { raster } = await source.look(location, NEVER);
      assert.equal(raster.fingerprint.size, 6);
      assert.ok(raster.fingerprint.etag !== undefined);
    }
  });

  it('does not believe a HEAD that says there is nothing', async () => {
    const size = async (location: HttpsLocation) => (await source.look(location, NEVER)).raster.fingerprint.size;
    assert.equal(await size(put('zero/a.tif', 'raster', { zeroHead: true })), 6);
    assert.equal(await size(put('zero/b.tif', '')), 0);
  });

  it('says where a body has to be spooled: no ranges, or no length', async () => {
    assert.equal(await source.ranged(put('spool/good.tif', 'raster'), NEVER), true);
    assert.equal(await source.ranged(put('spool/empty.tif', ''), NEVER), true);
    assert.equal(await source.ranged(put('spool/rangeless.tif', 'raster', { rangeless: true }), NEVER), false);
    const chunked = put('spool/chunked.tif', 'raster of unknown length', { rangeless: true, chunked: true });
    assert.equal(await source.ranged(chunked, NEVER), false);
    assert.equal(await source.ranged(put('spool/totalless.tif', 'raster', { chunked: true }), NEVER), false);
    const candidate = await source.look(chunked, NEVER);
    assert.equal(candidate.sized, false);
    const { body, length } = await source.stream(chunked, NEVER);
    assert.equal(length, null);
    const parts: Uint8Array[] = [];
    for await (const part of body) parts.push(part);
    assert.equal(Buffer.concat(parts).toString(), 'raster of unknown length');
  });

  it('pins by date where there is no strong ETag, and by what comes back where conditions are ignored', async () => {
    for (const manners of [
      { etag: 'weak' },
      { etag: 'none' },
      { etag: 'strong', careless: true },
      { etag: 'weak', careless: true },
      { etag: 'none', careless: true },
    ]) {
      const location = put('pins/a.tif', 'first', manners);
      const reader = await openAt(location);
      await reader.readInto(0, new Uint8Array(2));
      assert.match(bench.web.condition(), manners.etag === 'strong' ? /^"[0-9a-f]+"$/ : / GMT$/);
      put('pins/a.tif', 'other', manners);
      await rejectsWith('SOURCE_CHANGED', () => reader.readInto(2, new Uint8Array(3)));
    }
    const location = put('pins/bare.tif', 'first', { etag: 'none', undated: true });
    const reader = await openAt(location);
    put('pins/bare.tif', 'longer', { etag: 'none', undated: true });
    await rejectsWith('SOURCE_CHANGED', () => reader.readInto(2, new Uint8Array(3)));
  });

  it('believes no range that is another one, cut short or the whole', async () => {
    for (const [manners, code] of [
      [{ shift: 1 }, 'SOURCE_NOT_RANGED'],
      [{ rangeless: true }, 'SOURCE_NOT_RANGED'],
      [{ cutAfter: 2 }, 'SOURCE_CUT_SHORT'],
      [{ stallAfter: 2 }, 'SOURCE_TIMEOUT'],
    ] as const) {
      const location = put('bad/a.tif', 'a raster of some length');
      const { raster } = await source.look(location, NEVER);
      bench.web.manners('/bad/a.tif', manners);
      const from = code === 'SOURCE_TIMEOUT' ? impatient.for(location) : source;
      const reader = await from.open(location, raster.fingerprint, NEVER);
      assert.equal((await rejectsWith(code, () => reader.readInto(3, new Uint8Array(9)))).means, 'retry', code);
    }
  });

  it('gives up a stream that stalls or ends early', async () => {
    for (const [manners, code] of [
      [{ cutAfter: 4 }, 'SOURCE_CUT_SHORT'],
      [{ stallAfter: 4 }, 'SOURCE_TIMEOUT'],
    ] as const) {
      const from = code === 'SOURCE_TIMEOUT' ? impatient.for(bench.at('bad/')) : source;
      const { body } = await from.stream(put('bad/stream.tif', 'a raster', manners), NEVER);
      await rejectsWith(code, async () => {
        for await (const part of body) assert.ok(part.length <= 4);
      });
    }
  });

  it('tells statuses apart, and waits as long as it is asked to', async () => {
    for (const [status, code, means] of [
      [401, 'SOURCE_FORBIDDEN', 'reject'],
      [410, 'SOURCE_GONE', 'reject'],
      [451, 'SOURCE_UNREADABLE', 'reject'],
      [429, 'SOURCE_BUSY', 'retry'],
      [503, 'SOURCE_BUSY', 'retry'],
    ] as const) {
      const location = put('status/a.tif', 'raster', { status, headers: { 'retry-after': '7' } });
      const error = await rejectsWith(code, () => source.look(location, NEVER));
      assert.deepEqual([error.means, error.retryAfterMs], [means, means === 'retry' ? 7000 : undefined]);
    }
  });

  it('refuses a body that is encoded, since its sizes would be those of something else', async () => {
    const location = put('encoded/a.tif', 'raster', { headers: { 'content-encoding': 'gzip' } });
    await rejectsWith('SOURCE_UNREADABLE', () => source.look(location, NEVER));
  });

  it('follows a few redirects, remembers where they led, and asks anew when that runs out', async () => {
    const location = put('moved/a.tif', '', { redirect: 'b.tif' });
    put('moved/b.tif', '', { redirect: '/moved/c.tif?signature=secret' });
    put('moved/c.tif', 'raster');
    const reader = await openAt(location);
    bench.web.requests.length = 0;
    await reader.readInto(0, new Uint8Array(2));
    await reader.readInto(2, new Uint8Array(2));
    assert.deepEqual(bench.web.requests, [
      'GET /moved/a.tif bytes=0-1',
      'GET /moved/b.tif bytes=0-1',
      'GET /moved/c.tif?signature=secret bytes=0-1',
      'GET /moved/c.tif?signature=secret bytes=2-3',
    ]);
    bench.web.manners('/moved/c.tif', { status: 403 });
    put('moved/d.tif', 'raster');
    bench.web.manners('/moved/b.tif', { redirect: 'd.tif' });
    await reader.readInto(4, new Uint8Array(2));
    put('moved/round.tif', '', { redirect: 'round.tif' });
    await rejectsWith('SOURCE_UNREADABLE', () => source.look(bench.at('moved/round.tif'), NEVER));
  });

  it('follows no redirect to a host that is not allowed, and says no secret of an address', async () => {
    const other = await startWebServer();
    try {
      other.put('/a.tif', text('raster'));
      for (const target of [
        `${other.origin}/a.tif?token=secret`,
        'file:///etc/passwd',
        'http://169.254.169.254/latest',
      ]) {
        const location = put('away/a.tif', '', { redirect: target });
        const error = await rejectsWith('SOURCE_NOT_ALLOWED', () => source.look(location, NEVER));
        assert.doesNotMatch(error.message, /secret/);
      }
      assert.deepEqual(other.requests, []);
    } finally {
      await other.stop();
    }
    const signed: HttpsLocation = { kind: 'https', url: `${bench.at('no/such.tif').url}?X-Amz-Signature=secret` };
    const error = await rejectsWith('SOURCE_GONE', () => source.look(signed, NEVER));
    assert.doesNotMatch(`${error.message} ${error.subject}`, /secret/);
  });

  it('looks for sidecars by likely names, not beside a signed address, and takes no page for one', async () => {
    const location = put('beside/a.tif', 'raster');
    put('beside/a.xml', '<html>not here</html>', { headers: { 'content-type': 'text/html; charset=utf-8' } });
    put('beside/a.tif.xml', '<metadata/>');
    put('beside/a.sld', '', { status: 403 });
    const { sidecars } = await source.look(location, NEVER);
    assert.deepEqual(
      sidecars.map(({ name }) => name),
      ['a.tif.xml'],
    );
    put('beside/a.sld', '', { status: 503 });
    await rejectsWith('SOURCE_BUSY', () => source.look(location, NEVER));
    const signed: HttpsLocation = { kind: 'https', url: `${location.url}?signature=x` };
    assert.deepEqual((await source.look(signed, NEVER)).sidecars, []);
  });

  it('speaks TLS, and only with whom it can trust', async () => {
    const fixture = (name: string) => readFile(new URL(`../../test/fixtures/${name}`, import.meta.url));
    const [key, cert] = await Promise.all([fixture('localhost.key'), fixture('localhost.crt')]);
    const web = await startWebServer({ key, cert });
    web.put('/a.tif', text('raster'));
    const location: HttpsLocation = { kind: 'https', url: `${web.origin}/a.tif` };
    const allow = { buckets: [], hosts: [new URL(web.origin).host], roots: [] };
    const [trusting, wary] = [openSources({ allow, https: { ca: cert.toString() } }), openSources({ allow })];
    try {
      assert.equal((await trusting.for(location).look(location, NEVER)).raster.fingerprint.size, 6);
      const error = await rejectsWith('SOURCE_AWAY', () => wary.for(location).look(location, NEVER));
      assert.match(error.message, /SELF_SIGNED|UNABLE_TO_VERIFY/);
    } finally {
      await Promise.all([trusting.close(), wary.close()]);
      await web.stop();
    }
  });

  it('says that a host is away, and not that its file is gone', async () => {
    const closed = await startWebServer();
    await closed.stop();
    const sources = openSources({
      allow: { buckets: [], hosts: [closed.origin, 'http://no-such-host.invalid'], roots: [] },
    });
    for (const url of [`${closed.origin}/a.tif`, 'http://no-such-host.invalid/a.tif']) {
      const location: HttpsLocation = { kind: 'https', url };
      const error = await rejectsWith('SOURCE_AWAY', () => sources.for(location).look(location, NEVER));
      // one host says nothing of the others: the queue goes on
      assert.deepEqual([error.means, error.down], ['retry', false]);
    }
    await sources.close();
  });
});
