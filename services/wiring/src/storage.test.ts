import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SILENT } from '@geosluice/jobs';
import { loadConfig, RULES, SOURCE, TARGET } from '@geosluice/service-kit';
import { openStorage } from './storage.ts';

function open(settings: Record<string, string> = {}) {
  const env = {
    ...{ GEOSLUICE_S3_BUCKET: 'rasters', GEOSLUICE_S3_ENDPOINT: 'http://127.0.0.1:1' },
    ...{ AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b', ...settings },
  };
  return openStorage(loadConfig({ target: TARGET, source: SOURCE, rules: RULES }, env), SILENT);
}

test('all uploads to one endpoint are of one store, so that they share its bounds', async () => {
  const storage = open();
  assert.equal(storage.storeOf('rasters'), storage.store);
  assert.equal(storage.storeOf('inbox'), storage.store);
  await storage.close();
  const elsewhere = open({ GEOSLUICE_SOURCE_S3_ENDPOINT: 'http://127.0.0.1:2' });
  assert.equal(elsewhere.storeOf('rasters'), elsewhere.store);
  assert.equal(elsewhere.storeOf('inbox'), elsewhere.storeOf('other'));
  assert.notEqual(elsewhere.storeOf('inbox'), elsewhere.store);
  await elsewhere.close();
});

test('the bounds are those that are configured, and one part at a time may be all', async () => {
  const storage = open({ GEOSLUICE_UPLOAD_PARTS_IN_FLIGHT: '1', GEOSLUICE_UPLOAD_BANDWIDTH: '06:00-22:00=20MiB/s' });
  assert.deepEqual(storage.store.stats().partsInFlight, { allowed: 1, active: 0 });
  await storage.close();
});
