import assert from 'node:assert/strict';
import { cp, mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { createGeoServer, type PublishRequest } from '@geosluice/geoserver';
import { SILENT } from '@geosluice/jobs';
import { until } from '../../world/until.ts';
import { type ActiveMq, startActiveMq } from '../activemq.ts';
import { type S3Server, startS3 } from '../s3.ts';
import { type PodProcess, type PodProcessOptions, startPodProcess } from './pod-process.ts';
import { clientOf, makeRaster } from './subject.ts';

const USER = `Basic ${Buffer.from('admin:geoserver').toString('base64')}`;
const WORKSPACE = 'pods';

describe('GeoServers as processes, each with a data directory and all with one broker', () => {
  let broker: ActiveMq;
  let s3: S3Server;
  let bucket: S3Client;
  let root: string;
  let primary: PodProcess;
  let replica: PodProcess;
  const pods: PodProcess[] = [];
  const start = async (options: Omit<PodProcessOptions, 's3'>) => {
    const pod = await startPodProcess({ s3, ...options });
    pods.push(pod);
    return pod;
  };
  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'geosluice-pods-'));
    [broker, s3] = await Promise.all([startActiveMq(), startS3('seaweedfs')]);
    bucket = clientOf(s3);
    primary = await start({ instance: 'a', role: 'primary', broker, dataDirectory: join(root, 'a') });
    replica = await start({ instance: 'b', role: 'replica', broker, dataDirectory: join(root, 'b') });
  });
  after(async () => {
    await Promise.all(pods.map((pod) => pod.stop()));
    bucket?.destroy();
    await Promise.all([broker?.stop(), s3?.stop()]);
    await rm(root, { recursive: true, force: true });
  });

  const { bytes, facts } = makeRaster({ width: 64, height: 64, bands: 3, epsg: 32633 });
  const ask = (pod: PodProcess, method: string, path: string, body?: object, authorization = USER) =>
    fetch(`${pod.url}${path}`, {
      method,
      headers: { authorization, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  const layerNames = async (pod: PodProcess): Promise<string[]> => {
    const answer = (await (await ask(pod, 'GET', '/rest/layers.json')).json()) as {
      layers: '' | { layer: Array<{ name: string }> };
    };
    return answer.layers === '' ? [] : answer.layers.layer.map(({ name }) => name);
  };
  /** A layer's documents, the server's own address left out. */
  const documents = async (pod: PodProcess, name: string): Promise<string[]> => {
    const store = `/rest/workspaces/${WORKSPACE}/coveragestores/${name}`;
    const paths = [`${store}.json`, `${store}/coverages/${name}.json`, `/rest/layers/${WORKSPACE}:${name}.json`];
    const answers = await Promise.all(
      [...paths, `/rest/workspaces/${WORKSPACE}.json`].map(async (path) => {
        const answer = await ask(pod, 'GET', path);
        assert.equal(answer.status, 200, path);
        return (await answer.text()).replaceAll(pod.url, '');
      }),
    );
    return answers;
  };
  /** Publishes as our workers do, and waits until each of the pods has drawn it. */
  const publish = async (name: string, drawnBy: readonly PodProcess[], more: Partial<PublishRequest> = {}) => {
    const object = { bucket: s3.bucket, key: `rasters/${name}/v1/${name}.tif` };
    await bucket.send(new PutObjectCommand({ Bucket: object.bucket, Key: object.key, Body: bytes }));
    const geoserver = createGeoServer({
      url: primary.url,
      nodes: drawnBy.map(({ url }) => url),
      user: 'admin',
      password: 'geoserver',
      s3geotiff: { alias: 'minio' },
      cog: { range: 'S3' },
      drawnDeadlineMs: 30_000,
      pollMs: [20, 200],
    });
    try {
      const signal = AbortSignal.timeout(60_000);
      const texts = { title: `The "${name}" & <more>`, abstract: 'Zwei\nZeilen über 007', keywords: ['one', '007'] };
      const shared = { object, facts, signal, log: SILENT };
      const layer = await geoserver.publish({
        ...shared,
        ...texts,
        workspace: WORKSPACE,
        name,
        dataset: name,
        storeType: 's3geotiff',
        isOurs: (url) => url.includes(`/${name}/`),
        ...more,
      });
      if (drawnBy.length > 0) await geoserver.drawn({ ...shared, layer });
    } finally {
      await geoserver.close();
    }
  };

  test('what is published on the primary is drawn by the replica, and stands in the files of both', async () => {
    await publish('first', [primary, replica]);
    await publish('cog', [primary, replica], { storeType: 'cog' });
    for (const pod of [primary, replica]) {
      const below = join(pod.dataDirectory, 'workspaces', WORKSPACE, 'first', 'first');
      const [coverage, layer] = await Promise.all(
        ['coverage.xml', 'layer.xml'].map((file) => readFile(join(below, file), 'utf8')),
      );
      const id = /<id>(CoverageInfoImpl-[^<]+)<\/id>/.exec(coverage ?? '')?.[1];
      assert.ok(id !== undefined && layer?.includes(`<resource class="coverage">\n    <id>${id}</id>`), layer);
    }
    assert.deepEqual(await documents(primary, 'first'), await documents(replica, 'first'));
  });

  test('a third one started from a copy of the primary answers for all of it', async () => {
    await cp(primary.dataDirectory, join(root, 'c'), { recursive: true });
    await publish('after_the_copy', [primary, replica]);
    const third = await start({ instance: 'c', role: 'replica', broker, dataDirectory: join(root, 'c') });
    for (const name of ['first', 'cog']) assert.deepEqual(await documents(third, name), await documents(primary, name));
    // what came between the copy and its first word to the broker went past it
    assert.deepEqual(await layerNames(third), [`${WORKSPACE}:cog`, `${WORKSPACE}:first`]);
    await publish('fourth', [primary, replica, third]);
    await third.stop();
  });

  test('a new one without a copy learns nothing of the past, and cannot take a layer whose store it never heard of', async () => {
    const fresh = await start({ instance: 'fresh', role: 'replica', broker });
    assert.deepEqual(await layerNames(fresh), []);
    const path = `/rest/workspaces/${WORKSPACE}/coveragestores/first/coverages/first.json`;
    assert.equal((await ask(primary, 'PUT', path, { coverage: { title: 'new' } })).status, 200);
    await until('the change has come by', () => fresh.logs().includes(`coverage ${WORKSPACE}:first is left out`));
    assert.deepEqual(await layerNames(fresh), []);
    await fresh.stop();
  });

  test('one that was down catches up at its start, also over a restart of the broker', async () => {
    await replica.kill('SIGTERM');
    await publish('while_away', []);
    await broker.restart();
    await until('the primary has its broker again', async () => {
      const body = { workspace: { name: `try_${process.hrtime.bigint()}` } };
      return (await ask(primary, 'POST', '/rest/workspaces', body)).status === 201;
    });
    await replica.restart();
    await until('the replica has it', async () => (await layerNames(replica)).includes(`${WORKSPACE}:while_away`));
    assert.deepEqual(await documents(replica, 'while_away'), await documents(primary, 'while_away'));
  });

  test('a primary that was killed comes back with its catalog', async () => {
    const before = await documents(primary, 'first');
    await primary.kill('SIGKILL');
    await primary.restart();
    assert.deepEqual(await documents(primary, 'first'), before);
    const style = { layer: { defaultStyle: { name: 'generic' } } };
    assert.equal((await ask(primary, 'PUT', `/rest/layers/${WORKSPACE}:cog`, style)).status, 200);
    const changed = await documents(primary, 'cog');
    assert.match(changed.join(), /"defaultStyle":\{"name":"generic"/);
    await primary.restart();
    assert.deepEqual(await documents(primary, 'cog'), changed);
  });

  test('what is deleted is gone from the files of both', async () => {
    await publish('gone', [primary, replica]);
    const path = `/rest/workspaces/${WORKSPACE}/coveragestores/gone?recurse=true`;
    assert.equal((await ask(primary, 'DELETE', path)).status, 200);
    for (const pod of [primary, replica]) {
      const folder = join(pod.dataDirectory, 'workspaces', WORKSPACE, 'gone');
      await until('the folder is gone', () =>
        stat(folder).then(
          () => false,
          () => true,
        ),
      );
    }
    assert.ok(!(await layerNames(primary)).includes(`${WORKSPACE}:gone`));
  });

  test('while the broker is down a write is done and answered by 500, and the others never learn of it', async () => {
    await broker.kill();
    await until('the primary has noticed', () => primary.logs().includes('broker lost'));
    const body = { workspace: { name: 'unheard' } };
    assert.equal((await ask(primary, 'POST', '/rest/workspaces', body)).status, 500);
    assert.equal((await ask(primary, 'GET', '/rest/workspaces/unheard.json')).status, 200);
    const late = startPodProcess({ s3, instance: 'late', role: 'replica', broker });
    const first = await Promise.race([
      late.then(() => 'started'),
      until('two tries', () => (replica.logs().match(/ECONNREFUSED/g)?.length ?? 0) >= 2),
    ]);
    assert.equal(first, true, 'it starts only once the broker answers');
    await broker.restart();
    pods.push(await late);
    await until('the primary has its broker again', async () => {
      const next = { workspace: { name: `heard_${process.hrtime.bigint()}` } };
      return (await ask(primary, 'POST', '/rest/workspaces', next)).status === 201;
    });
    await publish('after_the_broker', [primary, replica]);
    assert.equal((await ask(replica, 'GET', '/rest/workspaces/unheard.json')).status, 404);
  });

  test('it says what cluster.properties says, and takes a new password, which it keeps', async () => {
    const shown = (await (await ask(replica, 'GET', '/rest/cluster.json')).json()) as {
      properties: { property: Array<Record<string, unknown>> };
    };
    const named = Object.fromEntries(shown.properties.property.map((each) => [each['@name'], each['@value']]));
    assert.deepEqual([named.instanceName, named.toggleMaster, named.toggleSlave], ['b', false, true]);
    const set = await ask(replica, 'PUT', '/rest/security/self/password', { newPassword: 'näw: "one"' });
    assert.equal(set.status, 200);
    await replica.restart();
    assert.equal((await ask(replica, 'GET', '/rest/layers.json')).status, 401);
    const renewed = `Basic ${Buffer.from('admin:näw: "one"').toString('base64')}`;
    assert.equal((await ask(replica, 'GET', '/rest/layers.json', undefined, renewed)).status, 200);
  });
});
