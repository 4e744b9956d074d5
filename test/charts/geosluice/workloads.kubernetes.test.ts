import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadConfig, PROCESSES, type Section } from '../../../packages/service-kit/src/index.ts';
import { ofKind, theOne, workloads } from '../shared/manifests.ts';
import { contentOf } from '../shared/secrets.ts';
import { containerOf, environmentOf, podOf, release, WORKERS } from './release.ts';

test('a worker gets longer to end than it takes to hand its jobs back, and so does the gateway after its balancers know', async () => {
  const manifests = await release({ config: { process: { graceSeconds: 90 } }, gateway: { drainSeconds: 7 } });
  for (const worker of WORKERS) assert.equal(podOf(manifests, worker).spec?.terminationGracePeriodSeconds, 105, worker);
  assert.equal(podOf(manifests, 'gateway').spec?.terminationGracePeriodSeconds, 112);
  assert.deepEqual(containerOf(manifests, 'gateway').lifecycle, { preStop: { sleep: { seconds: 7 } } });
  assert.equal(containerOf(manifests, 'upload').lifecycle, undefined, 'a worker begins to hand back at once');
});

test('a process is alive where it makes progress, ready where Redis answers, and has minutes to start', async () => {
  const manifests = await release({ config: { process: { healthPort: 9999 }, gateway: { port: 9000 } } });
  for (const name of [...WORKERS, 'gateway']) {
    const { startupProbe, livenessProbe, readinessProbe, ports } = containerOf(manifests, name);
    const [port] = ports ?? [];
    assert.equal(port?.containerPort, name === 'gateway' ? 9000 : 9999);
    for (const [probe, path] of [
      [startupProbe, '/healthz'],
      [livenessProbe, '/healthz'],
      [readinessProbe, '/readyz'],
    ] as const) {
      assert.deepEqual(probe?.httpGet, { path, port: port?.name }, `${name} ${path}`);
    }
    assert.ok((startupProbe?.periodSeconds ?? 0) * (startupProbe?.failureThreshold ?? 0) >= 300, name);
    // readiness gives up on Redis after two seconds by itself
    assert.ok((readinessProbe?.timeoutSeconds ?? 0) > 2, name);
  }
  assert.equal(theOne(manifests, 'Service', 'geosluice-gateway').spec?.ports?.[0]?.targetPort, 'http');
});

test('variables that Kubernetes would add for Services named geosluice would stop a process, so none are added', async () => {
  const manifests = await release();
  const links = { GEOSLUICE_GATEWAY_PORT_8080_TCP: 'tcp://10.96.0.1:8080', GEOSLUICE_REDIS_SERVICE_HOST: '10.96.0.2' };
  const sections: Record<string, Section> = PROCESSES.upload;
  const env = environmentOf(manifests, 'upload');
  loadConfig(sections, env);
  assert.throws(() => loadConfig(sections, { ...env, ...links }), /GEOSLUICE_GATEWAY_PORT_8080_TCP is not a setting/);
  for (const { name, template } of workloads(manifests)) assert.equal(template.spec?.enableServiceLinks, false, name);
});

test('only what may be away is away when nodes are drained, and what is not ready anyway holds no node', async () => {
  const budgets = ofKind(await release(), 'PodDisruptionBudget');
  assert.deepEqual(budgets.map(({ metadata }) => metadata?.name?.replace('geosluice-', '')).sort(), [
    ...['discover', 'gateway', 'publish', 'register', 'upload'],
  ]);
  for (const { spec } of budgets) {
    assert.deepEqual([spec?.maxUnavailable, spec?.unhealthyPodEvictionPolicy], [1, 'AlwaysAllow']);
  }
});

test('pods of a component are spread over nodes and zones, and placed as the values say', async () => {
  const own = { topologyKey: 'rack', maxSkew: 2, whenUnsatisfiable: 'DoNotSchedule' };
  const manifests = await release({
    upload: {
      ...{ nodeSelector: { disk: 'fast' }, tolerations: [{ key: 'rasters', operator: 'Exists' }] },
      ...{ affinity: { nodeAffinity: {} }, topologySpreadConstraints: [own], priorityClassName: 'low' },
      ...{ podAnnotations: { a: 'b' }, podLabels: { c: 'd' }, extraEnv: [{ name: 'UV_THREADPOOL_SIZE', value: '8' }] },
      ...{ extraVolumes: [{ name: 'data', emptyDir: {} }], extraVolumeMounts: [{ name: 'data', mountPath: '/data' }] },
    },
  });
  const keys = podOf(manifests, 'publish').spec?.topologySpreadConstraints?.map(({ topologyKey }) => topologyKey);
  assert.deepEqual(keys, ['kubernetes.io/hostname', 'topology.kubernetes.io/zone']);
  const { metadata, spec } = podOf(manifests, 'upload');
  assert.deepEqual(spec?.topologySpreadConstraints, [own]);
  assert.deepEqual(spec?.nodeSelector, { disk: 'fast' });
  assert.equal(spec?.tolerations?.[0]?.key, 'rasters');
  assert.equal(spec?.priorityClassName, 'low');
  assert.equal(metadata?.annotations?.a, 'b');
  assert.equal(metadata?.labels?.c, 'd');
  const { env = [], volumeMounts = [] } = containerOf(manifests, 'upload');
  assert.equal(env.find(({ name }) => name === 'UV_THREADPOOL_SIZE')?.value, '8');
  assert.ok(volumeMounts.some(({ mountPath }) => mountPath === '/data'));
});

test('images are the processes’, from a registry where one is named', async () => {
  const images = async (values: Record<string, unknown>) => {
    const manifests = await release(values);
    return ['upload', 'sweep-uploads', 'test'].map((name) => containerOf(manifests, name).image);
  };
  assert.deepEqual(await images({}), ['geosluice/upload:0.1.0', 'geosluice/cli:0.1.0', 'geosluice/cli:0.1.0']);
  const named = await images({ image: { registry: 'r.example.org:5000/', repository: 'x/y', tag: '1.2.3' } });
  assert.deepEqual(named, [
    'r.example.org:5000/x/y/upload:1.2.3',
    ...Array(2).fill('r.example.org:5000/x/y/cli:1.2.3'),
  ]);
});

test('Redis keeps what it is given, and its password is seen by none who does not need it', async () => {
  const manifests = await release();
  const conf = theOne(manifests, 'ConfigMap', 'geosluice-redis').data?.['redis.conf'] ?? '';
  for (const line of ['maxmemory-policy noeviction', 'appendonly yes', 'appendfsync everysec']) {
    assert.ok(conf.split('\n').includes(line), line);
  }
  const { password = '' } = contentOf(theOne(manifests, 'Secret', 'geosluice-redis-auth'));
  assert.match(password, /^[A-Za-z0-9]{32}$/);
  const { command, args, startupProbe, livenessProbe, readinessProbe } = containerOf(manifests, 'redis');
  assert.ok(!JSON.stringify([command, args]).includes(password));
  for (const probe of [startupProbe, livenessProbe, readinessProbe]) {
    assert.deepEqual(probe?.exec?.command, ['redis-cli', '-e', 'ping']);
  }
  const { redis } = loadConfig({ redis: PROCESSES.upload.redis }, environmentOf(manifests, 'upload'));
  assert.deepEqual([redis.url, redis.password], ['redis://geosluice-redis:6379/0', password]);
});

test('the volume of Redis stays or goes with the release, as the values say', async () => {
  const policyOf = async (persistence: Record<string, unknown>) => {
    const { spec } = theOne(await release({ redis: { persistence } }), 'StatefulSet', 'geosluice-redis');
    return [spec?.persistentVolumeClaimRetentionPolicy?.whenDeleted, spec?.volumeClaimTemplates?.length];
  };
  assert.deepEqual(await policyOf({}), ['Retain', 1]);
  assert.deepEqual(await policyOf({ retain: false }), ['Delete', 1]);
  assert.deepEqual(await policyOf({ enabled: false }), [undefined, undefined]);
});

test('an external Redis is reached with its certificate authority, by those who reach it at all', async () => {
  const manifests = await release({
    redis: { enabled: false, external: { caSecret: 'ca', caKey: 'root.pem' } },
    config: { redis: { url: 'rediss://there:6380/0', password: 'pw-of-redis' } },
  });
  assert.equal(ofKind(manifests, 'StatefulSet').length, 0);
  const { redis } = loadConfig({ redis: PROCESSES.upload.redis }, environmentOf(manifests, 'upload'));
  assert.equal(redis.caFile, '/etc/geosluice/redis-ca/root.pem');
  const mounted = (name: string) => containerOf(manifests, name).volumeMounts?.map(({ mountPath }) => mountPath);
  assert.ok(mounted('upload')?.includes('/etc/geosluice/redis-ca'));
  assert.ok(!mounted('sweep-uploads')?.includes('/etc/geosluice/redis-ca'));
});

test('further certificate authorities are trusted by all processes', async () => {
  const manifests = await release({ trust: { existingConfigMap: 'company-ca', key: 'company.pem' } });
  for (const name of [...WORKERS, 'gateway', 'sweep-uploads', 'test']) {
    const env = environmentOf(manifests, name);
    assert.equal(env.NODE_EXTRA_CA_CERTS, '/etc/geosluice/trust/company.pem', name);
    assert.ok(
      podOf(manifests, name).spec?.volumes?.some(({ configMap }) => configMap?.name === 'company-ca'),
      name,
    );
  }
});

test('stale uploads are given back by a job that never runs beside itself', async () => {
  const { spec } = theOne(
    await release({ sweepUploads: { olderThanHours: 48 } }),
    'CronJob',
    'geosluice-sweep-uploads',
  );
  assert.equal(spec?.concurrencyPolicy, 'Forbid');
  const pod = spec?.jobTemplate.spec?.template.spec;
  assert.deepEqual(pod?.containers[0]?.args, ['sweep-uploads', '--older-than-hours', '48']);
  assert.equal(pod?.restartPolicy, 'Never');
});

test('helm test goes the whole way with the chart’s own key, which the gateway knows by its hash', async () => {
  const manifests = await release();
  const test = theOne(manifests, 'Pod', 'geosluice-test');
  assert.equal(test.metadata?.annotations?.['helm.sh/hook'], 'test');
  const env = environmentOf(manifests, 'test');
  assert.equal(env.GEOSLUICE_URL, 'http://geosluice-gateway:8080');
  assert.equal(env.GEOSLUICE_INBOX, 's3://rasters/inbox/');
  const { gateway, source } = loadConfig(PROCESSES.gateway, environmentOf(manifests, 'gateway'));
  assert.deepEqual(source.allowBuckets, ['rasters/inbox/'], 'workers may read what the test drops');
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(env.GEOSLUICE_KEY ?? ''));
  assert.deepEqual(gateway.keys, [`chart:read+ingest+admin:${Buffer.from(digest).toString('hex')}`]);
  const without = await release({ test: { enabled: false } });
  assert.equal(ofKind(without, 'Pod').length, 0);
});

test('beside a release of the geonode chart everything follows from its name', async () => {
  const manifests = await release({
    geonode: { release: 'maps' },
    config: {
      target: { endpoint: null, bucket: null, accessKeyId: null, secretAccessKey: null },
      geoserver: { url: null, user: null, password: null },
      geonode: { url: null, user: null, password: null },
    },
  });
  const publish = environmentOf(manifests, 'publish');
  const primary = 'maps-geonode-geoserver-primary-0.maps-geonode-geoserver-nodes';
  assert.equal(publish.GEOSLUICE_GEOSERVER_URL, `http://${primary}:8080/geoserver`);
  assert.equal(publish.GEOSLUICE_GEOSERVER_NODES, 'dns+http://maps-geonode-geoserver-nodes:8080/geoserver');
  assert.equal(publish.GEOSLUICE_GEOSERVER_PASSWORD, 'from maps-geonode-geoserver-admin/password');
  assert.equal(publish.GEOSLUICE_S3_ENDPOINT, 'http://maps-geonode-minio:9000');
  assert.equal(publish.AWS_SECRET_ACCESS_KEY, 'from maps-geonode-s3/secretKey');
  const register = environmentOf(manifests, 'register');
  assert.equal(register.GEOSLUICE_GEONODE_URL, 'http://maps-geonode-django:8000');
  assert.equal(register.GEOSLUICE_GEONODE_USER, 'from maps-geonode-geonode-admin/user');
});
