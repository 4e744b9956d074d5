import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { type ActiveMq, startActiveMq } from '../../counterparts/activemq.ts';
import { type PodProcess, startPodProcess } from '../../counterparts/geoserver/pod-process.ts';
import { clientOf, makeRaster } from '../../counterparts/geoserver/subject.ts';
import { type S3Server, startS3 } from '../../counterparts/s3.ts';
import { until } from '../../world/until.ts';
import { type RunningScript, runScript, startScript } from './script.ts';

const LOGIN = { authorization: `Basic ${Buffer.from('admin:geoserver').toString('base64')}` };

describe('a replica of a GeoServer cluster, from its restore until it is ready', () => {
  let [s3, broker, root, primary, sidecar] = [] as unknown as [S3Server, ActiveMq, string, PodProcess, RunningScript];
  let env: Record<string, string>;
  const running: Array<{ stop(): Promise<unknown> }> = [];
  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'geosluice-ready-'));
    [broker, s3] = await Promise.all([startActiveMq(), startS3('seaweedfs')]);
    primary = await startPodProcess({
      s3,
      broker,
      instance: 'primary',
      role: 'primary',
      dataDirectory: join(root, 'a'),
    });
    running.push(primary);
    env = {
      SNAPSHOT_TOKEN: 'a shared secret',
      SNAPSHOT_BUCKET: s3.bucket,
      S3_ENDPOINT: s3.endpoint,
      AWS_ACCESS_KEY_ID: s3.accessKey,
      AWS_SECRET_ACCESS_KEY: s3.secretKey,
      GEOSERVER_ADMIN_USER: 'admin',
      GEOSERVER_ADMIN_PASSWORD: 'geoserver',
      READY_DEADLINE_SECONDS: '3',
      READY_INTERVAL_SECONDS: '0.2',
    };
    sidecar = await startScript(['snapshot.py', 'serve', '--data-dir', join(root, 'a'), '--port', '0'], env);
    running.push(sidecar);
    env.SNAPSHOT_URL = `http://127.0.0.1:${sidecar.port}`;
    await publish('one');
    await publish('gone');
    assert.equal((await runScript(['snapshot.py', 'take'], env)).code, 0);
  });
  after(async () => {
    await Promise.all(running.map((each) => each.stop()));
    await Promise.all([broker?.stop(), s3?.stop()]);
    await rm(root, { recursive: true, force: true });
  });

  const { bytes } = makeRaster({ width: 64, height: 64, bands: 3, epsg: 32633 });
  const ask = async (pod: PodProcess, method: string, path: string, body?: object): Promise<number> => {
    const headers = { ...LOGIN, 'content-type': 'application/json' };
    const answer = await fetch(`${pod.url}/rest/${path}`, {
      method,
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    await answer.body?.cancel();
    return answer.status;
  };
  const publish = async (name: string): Promise<void> => {
    const bucket = clientOf(s3);
    await bucket.send(new PutObjectCommand({ Bucket: s3.bucket, Key: `rasters/${name}.tif`, Body: bytes }));
    bucket.destroy();
    await ask(primary, 'POST', 'workspaces', { workspace: { name: 'w' } });
    const url = `minio://${s3.bucket}/rasters/${name}.tif`;
    const store = { name, type: 'S3GeoTiff', enabled: true, workspace: { name: 'w' }, url };
    assert.equal(await ask(primary, 'POST', 'workspaces/w/coveragestores', { coverageStore: store }), 201);
    const coverage = { coverage: { name, nativeName: name } };
    assert.equal(await ask(primary, 'POST', `workspaces/w/coveragestores/${name}/coverages`, coverage), 201);
  };
  const layer = (pod: PodProcess, name: string): Promise<number> => ask(pod, 'GET', `layers/w:${name}.json`);
  const restore = async (name: string): Promise<string> => {
    const folder = join(root, name);
    const args = ['snapshot.py', 'restore', '--data-dir', folder, '--timeout', '20'];
    const { code, output } = await runScript(args, { ...env, INSTANCE_NAME: name });
    assert.equal(code, 0, output);
    return folder;
  };
  const start = async (name: string, folder: string): Promise<{ pod: PodProcess; gate: RunningScript }> => {
    const pod = await startPodProcess({ s3, broker, instance: name, role: 'replica', dataDirectory: folder });
    const gate = await startScript(['ready.py', '--data-dir', folder, '--port', '0'], {
      ...env,
      GEOSERVER_URL: pod.url,
    });
    running.push(pod, gate);
    return { pod, gate };
  };
  const probe = async (gate: RunningScript, path: string): Promise<number> => {
    const answer = await fetch(`http://127.0.0.1:${gate.port}/${path}`);
    await answer.body?.cancel();
    return answer.status;
  };

  test('it is ready at once where nothing came since, and stays so over what the cluster tells it', async () => {
    const { pod, gate } = await start('calm', await restore('calm'));
    await until('it is ready', async () => (await probe(gate, 'readyz')) === 200, { describe: gate.output });
    assert.equal(await layer(pod, 'one'), 200);
    await publish('told');
    await until('the event arrived', async () => (await layer(pod, 'told')) === 200);
    assert.deepEqual([await probe(gate, 'readyz'), await probe(gate, 'livez')], [200, 200]);
  });

  test('events it missed are repaired by files and one restart, deletions too', async () => {
    const folder = await restore('late');
    // nobody at the broker knows this replica yet
    await publish('missed');
    assert.equal(await ask(primary, 'DELETE', 'workspaces/w/coveragestores/gone?recurse=true'), 200);
    const { pod, gate } = await start('late', folder);
    assert.deepEqual([await layer(pod, 'missed'), await layer(pod, 'gone')], [404, 200]);
    await until('it wants a restart', async () => (await probe(gate, 'livez')) === 503, { describe: gate.output });
    assert.equal(await probe(gate, 'readyz'), 503);
    await pod.kill('SIGTERM');
    await until('it waits for the start', async () => (await probe(gate, 'livez')) === 200, { describe: gate.output });
    await pod.restart();
    await until('it is ready', async () => (await probe(gate, 'readyz')) === 200, { describe: gate.output });
    assert.deepEqual([await layer(pod, 'missed'), await layer(pod, 'gone')], [200, 404]);
    assert.match(gate.output(), /layers\/w:missed\.json \(is not there\)/);
    assert.doesNotMatch(gate.output(), /a shared secret|geoserver:geoserver/);
  });

  test('it is not ready while its GeoServer is away, and again once that has what came meanwhile', async () => {
    const { pod, gate } = await start('shaken', await restore('shaken'));
    await until('it is ready', async () => (await probe(gate, 'readyz')) === 200, { describe: gate.output });
    await pod.kill('SIGKILL');
    await until('it is not ready', async () => (await probe(gate, 'readyz')) === 503, { describe: gate.output });
    await publish('meanwhile');
    await pod.restart();
    await until('it is ready again', async () => (await probe(gate, 'readyz')) === 200, { describe: gate.output });
    assert.equal(await layer(pod, 'meanwhile'), 200);
  });
});
