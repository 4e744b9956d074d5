import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { sidecar, smallRaster } from '../../e2e/samples.ts';
import { type LiveWorkers, startLiveWorkers } from './workers.ts';

const NAMESPACE = 'workers';
const RELEASE = 'geosluice';
let live: LiveWorkers;

before(async () => {
  live = await startLiveWorkers();
});
after(() => live?.stop());

test('helm install --wait brings up the gateway, every worker and Redis in a restricted namespace', async () => {
  await live.install(RELEASE, NAMESPACE, { autoscaling: { mode: 'none' } });
  const { stdout } = await live.cluster.kubectl('get', 'pods', '-n', NAMESPACE, '-o', 'name');
  for (const name of ['gateway', 'discover', 'upload', 'publish', 'register', 'redis']) {
    assert.match(stdout, new RegExp(`pod/geosluice-${name}-`));
  }
});

test('a raster goes in by the gateway and is visible', async () => {
  const deployment = await live.deployment(RELEASE, NAMESPACE);
  const raster = smallRaster(1);
  const uri = await deployment.put('one/a.tif', raster);
  await deployment.put('one/a.xml', sidecar('A raster on Kubernetes'));
  await deployment.ingested(`s3://${live.world.inbox.name}/one/`);
  const entry = await deployment.becomes(uri, 'visible');
  await deployment.assertThere(entry, raster, 'A raster on Kubernetes');
});

test('helm test sends a raster through and takes it away again', async () => {
  const { code, stdout, stderr } = await live.cluster.helm('test', RELEASE, '-n', NAMESPACE, '--logs');
  assert.equal(code, 0, `${stdout}\n${stderr}`);
});
