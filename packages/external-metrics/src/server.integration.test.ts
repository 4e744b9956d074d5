import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { connect } from 'node:tls';
import { type Log, SILENT } from '@geosluice/jobs';
import { type Authority, type Certificate, createAuthority } from '../../../test/counterparts/certificates.ts';
import { readFrontProxy } from './front-proxy.ts';
import { type MetricsServer, startMetricsServer } from './server.ts';
import { type ApiServerStandIn, askMetrics, frontProxyData, startApiServer } from './testing/api-server.ts';

const PATH = '/apis/external.metrics.k8s.io/v1beta1/namespaces/rasters/geosluice_backlog';

let cluster: Authority;
let frontProxy: Authority;
let stranger: Authority;
let apiServer: ApiServerStandIn;
let own: Certificate;
let aggregator: Certificate;
let server: MetricsServer;
let folder: string;
const authorities: Authority[] = [];
/** What is logged, by its name. */
const events = new EventEmitter();
const note = (_data: unknown, event: string): void => {
  events.emit(event);
};
const log = { debug: note, info: note, warn: note, error: note, child: () => log } as unknown as Log;
const to = () => ({ port: server.port, ca: cluster.cert });

before(async () => {
  for (const name of ['cluster', 'front-proxy-ca', 'stranger']) authorities.push(await createAuthority(name));
  [cluster, frontProxy, stranger] = authorities as [Authority, Authority, Authority];
  own = await cluster.issue('metrics', { hosts: ['127.0.0.1'] });
  aggregator = await frontProxy.issue('front-proxy-client');
  apiServer = await startApiServer(await cluster.issue('kubernetes', { hosts: ['127.0.0.1'] }), frontProxy);
  folder = await mkdtemp(join(tmpdir(), 'geosluice-metrics-'));
  await place(own);
  server = await start(log);
});
after(async () => {
  await server.close();
  await apiServer.stop();
  await rm(folder, { recursive: true });
  for (const authority of authorities) await authority.remove();
});

const files = () => ({ certFile: join(folder, 'tls.crt'), keyFile: join(folder, 'tls.key') });

async function place({ cert, key }: Certificate): Promise<void> {
  await writeFile(files().certFile, cert);
  await writeFile(files().keyFile, key);
}

async function start(log: Log): Promise<MetricsServer> {
  const started = await startMetricsServer({
    ...files(),
    host: '127.0.0.1',
    port: 0,
    namespaces: ['rasters'],
    metrics: [{ name: 'geosluice_backlog', read: async () => [{ labels: { stage: 'upload' }, value: 5 }] }],
    readFrontProxy: (signal) => readFrontProxy(theApiServer(), signal),
    log,
    looks: { certificateMs: 20, proxyMs: 60_000, proxyAtLeastMs: 20 },
  });
  while (!started.ready()) await wait(10);
  return started;
}

const theApiServer = () => ({ url: apiServer.url, caFile: cluster.certFile, tokenFile: apiServer.tokenFile });

suite('the metrics API answers the aggregator and nobody else', () => {
  test('the front proxy’s certificate opens it', async () => {
    const { code, body } = await askMetrics(to(), PATH, { certificate: aggregator });
    assert.deepEqual([code, body.items?.[0]?.value], [200, '5']);
  });

  test('without a certificate there is nothing, not even discovery', async () => {
    for (const path of [PATH, '/apis', '/healthz']) {
      const { code, body } = await askMetrics(to(), path, {});
      assert.deepEqual([code, body.kind], [401, 'Status'], path);
    }
  });

  test('another authority’s certificate of the same name is refused', async () => {
    const certificate = await stranger.issue('front-proxy-client');
    assert.equal((await askMetrics(to(), PATH, { certificate })).code, 401);
  });

  test('one that ended is refused', async () => {
    const certificate = await frontProxy.issue('front-proxy-client', { expired: true });
    assert.equal((await askMetrics(to(), PATH, { certificate })).code, 401);
  });

  test('another name of the right authority is refused', async () => {
    const { code, body } = await askMetrics(to(), PATH, { certificate: await frontProxy.issue('kubelet') });
    assert.deepEqual([code, body.kind], [403, 'Status']);
  });

  test('a front proxy that names no user is refused', async () => {
    const asked = await askMetrics(to(), PATH, { certificate: aggregator, headers: { 'x-remote-user': '' } });
    assert.equal(asked.code, 401);
  });

  test('too much of a header or of a body is not read', async () => {
    const headers = { 'x-remote-extra-x': 'a'.repeat(20_000) };
    assert.equal((await askMetrics(to(), PATH, { certificate: aggregator, headers })).code, 431);
    assert.equal((await askMetrics(to(), PATH, { certificate: aggregator, body: 'x'.repeat(100_000) })).code, 413);
  });
});

suite('what a long life of the metrics API brings', { timeout: 60_000 }, () => {
  test('a replaced certificate serves at once, and half of a replacement changes nothing', async () => {
    const next = await stranger.issue('metrics', { hosts: ['127.0.0.1'] });
    for (const half of ['', next.cert]) {
      const noticed = once(events, 'Certificate:Read:Failed');
      await writeFile(files().certFile, half);
      await noticed;
    }
    assert.equal((await askMetrics(to(), PATH, { certificate: aggregator })).code, 200, 'the old pair still serves');
    await place(next);
    const elsewhere = { port: server.port, ca: stranger.cert };
    for (;;) {
      const asked = askMetrics(elsewhere, PATH, { certificate: aggregator }).then(
        ({ code }) => code,
        () => null,
      );
      if ((await asked) === 200) break;
      await wait(20);
    }
    await place(own);
    while ((await askMetrics(to(), PATH, { certificate: aggregator }).catch(() => null)) === null) await wait(20);
  });

  test('a replaced authority of the front proxy is found out when somebody is refused', async () => {
    const successor = await createAuthority('front-proxy-ca-2');
    authorities.push(successor);
    const certificate = await successor.issue('front-proxy-client');
    assert.equal((await askMetrics(to(), PATH, { certificate })).code, 401);
    apiServer.data = frontProxyData(successor);
    while ((await askMetrics(to(), PATH, { certificate }).catch(() => ({ code: 0 }))).code !== 200) await wait(20);
    assert.equal(
      (await askMetrics(to(), PATH, { certificate: aggregator })).code,
      401,
      'the old one is trusted no more',
    );
    apiServer.data = frontProxyData(frontProxy);
    while ((await askMetrics(to(), PATH, { certificate: aggregator }).catch(() => ({ code: 0 }))).code !== 200) {
      await wait(20);
    }
  });

  test('connections that a replaced authority let in are closed', async () => {
    const { cert, key } = aggregator;
    const open = connect({ host: '127.0.0.1', port: server.port, ca: cluster.cert, cert, key });
    let closed = false;
    open.once('close', () => {
      closed = true;
    });
    open.on('error', () => {});
    open.write(`GET /apis HTTP/1.1\r\nHost: x\r\nX-Remote-User: a\r\n\r\n`);
    await new Promise((resolve) => open.once('data', resolve));
    open.resume();
    const successor = await createAuthority('front-proxy-ca-3');
    authorities.push(successor);
    apiServer.data = frontProxyData(successor);
    // each refusal is a reason to look, but not sooner than looks are allowed
    while (!closed) {
      await askMetrics(to(), PATH, {}).catch(() => null);
      await wait(20);
    }
    apiServer.data = frontProxyData(frontProxy);
    while ((await askMetrics(to(), PATH, { certificate: aggregator }).catch(() => ({ code: 0 }))).code !== 200) {
      await wait(20);
    }
  });

  test('an API server that is away changes nothing of what is known', async () => {
    apiServer.fails = 500;
    const asked = apiServer.asked;
    await askMetrics(to(), PATH, {});
    while (apiServer.asked === asked) await wait(10);
    assert.equal((await askMetrics(to(), PATH, { certificate: aggregator })).code, 200);
    apiServer.fails = null;
  });
});

suite('what the API server does not tell', () => {
  const read = () => readFrontProxy(theApiServer(), AbortSignal.timeout(10_000));

  test('a missing permission is told with the role that gives it', async () => {
    apiServer.fails = 403;
    await assert.rejects(read(), /answered 403; bind the Role kube-system\/extension-apiserver-authentication-reader/);
    apiServer.fails = null;
  });

  test('a cluster without aggregation is told', async () => {
    const { data } = apiServer;
    apiServer.data = null;
    await assert.rejects(read(), /does not name a front proxy[\s\S]*is aggregation on/);
    apiServer.data = data;
  });

  test('an API server of another authority is not believed', async () => {
    const other = { ...theApiServer(), caFile: stranger.certFile };
    await assert.rejects(readFrontProxy(other, AbortSignal.timeout(10_000)), /does not tell how it proves/);
  });

  test('before it is known, nobody is answered, whoever signed the certificate', async () => {
    apiServer.fails = 500;
    const early = await startMetricsServer({
      ...files(),
      host: '127.0.0.1',
      port: 0,
      namespaces: ['rasters'],
      metrics: [],
      readFrontProxy: (signal) => readFrontProxy(theApiServer(), signal),
      log: SILENT,
    });
    assert.equal(early.ready(), false);
    const { code } = await askMetrics({ port: early.port, ca: cluster.cert }, '/apis', { certificate: aggregator });
    assert.equal(code, 503);
    await early.close();
    apiServer.fails = null;
  });
});
