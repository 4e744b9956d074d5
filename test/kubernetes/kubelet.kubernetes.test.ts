import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { cacheFolder, exists } from '../counterparts/cache.ts';
import type { KubernetesObject } from './client.ts';
import { type Cluster, startCluster, until } from './cluster.ts';
import type { Container, Pod } from './kubelet/types.ts';
import { FOREVER, isReady, once, PODS, SHELL, statusOf, type TestPods, testPods } from './test-pods.ts';

const NODE = 'test/node:1';
const PACKED = 'test/packed:1';

let cluster: Cluster;
let pods: TestPods;
const told: string[] = [];

before(async () => {
  cluster = await startCluster({
    images: {
      [SHELL]: { entrypoint: ['sh', '-c'], args: [FOREVER] },
      [PACKED]: {
        entrypoint: ['cat', '/app/word'],
        files: { '/app': join(import.meta.dirname, 'kubelet') },
        user: 65532,
      },
      [NODE]: { entrypoint: [process.execPath, '-e'], args: ['setInterval(() => {}, 1000)'] },
    },
    nodes: 2,
    tell: (line) => told.push(line),
  });
  pods = await testPods(cluster);
  await cluster.apply(
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'settings', namespace: 'pods' },
      data: { COLOUR: 'green', size: '7' },
    },
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'login', namespace: 'pods' },
      stringData: { password: 'p$(A)"x' },
    },
  );
});
after(() => cluster.stop());

describe('a container', () => {
  test('has the environment its pod, a ConfigMap and a Secret give it', async () => {
    const output = await pods.outputOf(
      'environment',
      'echo "$COLOUR $SIZE $PASSWORD $NAME $LIMIT $JOINED $ABSENT."; echo "$KUBERNETES_SERVICE_PORT"',
      {
        envFrom: [{ configMapRef: { name: 'settings' } }, { secretRef: { name: 'not-there', optional: true } }],
        env: [
          { name: 'SIZE', valueFrom: { configMapKeyRef: { name: 'settings', key: 'size' } } },
          { name: 'PASSWORD', valueFrom: { secretKeyRef: { name: 'login', key: 'password' } } },
          { name: 'NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
          { name: 'LIMIT', valueFrom: { resourceFieldRef: { resource: 'limits.memory', divisor: '1Mi' } } },
          { name: 'JOINED', value: '$(SIZE)-$(NAME)-$(NOBODY)-$$(SIZE)' },
          { name: 'ABSENT', valueFrom: { secretKeyRef: { name: 'login', key: 'absent', optional: true } } },
        ],
        resources: { limits: { memory: '256Mi' } },
      },
    );
    assert.equal(output, 'green 7 p$(A)"x environment 256 7-environment-$(NOBODY)-$(SIZE) .\n443\n');
  });

  test('waits for a ConfigMap that is not there yet', async () => {
    await pods.run(
      'early',
      'echo "$WORD"',
      { env: [{ name: 'WORD', valueFrom: { configMapKeyRef: { name: 'late', key: 'word' } } }] },
      once,
    );
    await until(async () => statusOf(await pods.get('early')).state.waiting?.reason === 'CreateContainerConfigError');
    assert.match(statusOf(await pods.get('early')).state.waiting?.message ?? '', /configmap "late" not found/);
    await cluster.apply({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'late', namespace: 'pods' },
      data: { word: 'here' },
    });
    await pods.untilPhase('early', 'Succeeded');
    assert.equal(await cluster.logs('pods', 'early'), 'here\n');
  });

  test('whose image is not in the table says so', async () => {
    await pods.run('unknown', 'true', { image: 'nobody/knows:1' });
    await until(async () => statusOf(await pods.get('unknown')).state.waiting?.reason === 'ErrImagePull');
    assert.match(
      statusOf(await pods.get('unknown')).state.waiting?.message ?? '',
      /nobody\/knows:1 is not in this test's table/,
    );
    assert.ok(told.includes('image nobody/knows:1 → none'));
  });

  test('cannot write to a read-only root, but to its volumes', async () => {
    const output = await pods.outputOf(
      'read-only',
      'touch /x /etc/x /tmp/x /var/tmp/x /run/x 2>&1 | grep -c Read-only; echo kept > /data/file; cat /data/file; ls /config; touch /config/x 2>&1 | grep -c Read-only',
      {
        securityContext: { readOnlyRootFilesystem: true },
        volumeMounts: [
          { name: 'data', mountPath: '/data' },
          { name: 'config', mountPath: '/config' },
        ],
      },
      {
        volumes: [
          { name: 'data', emptyDir: { medium: 'Memory' } },
          { name: 'config', configMap: { name: 'settings' } },
        ],
      },
    );
    assert.equal(output, '5\nkept\nCOLOUR\nsize\n1\n');
  });

  test('keeps what it writes to itself', async () => {
    const path = '/etc/geosluice-test-mark';
    const temporary = '/tmp/geosluice-test-mark';
    await pods.outputOf('writer', `echo mine | tee ${path} > ${temporary}; rm /etc/passwd; cat ${path} ${temporary}`);
    const look = [path, temporary].map((file) => `[ -e ${file} ] && echo seen ${file};`).join(' ');
    assert.equal(await pods.outputOf('reader', `${look} grep -c ^root: /etc/passwd`), '1\n');
    assert.deepEqual([await exists(path), await exists(temporary)], [false, false]);
  });

  test('finds the files of its image, and programs of the machine, as any user', async () => {
    const script = `head -c 6 /app/images.ts; ls -d ${cacheFolder()}/kubernetes-*; echo x 2>&1 > /app/x`;
    const command = ['sh', '-c', script];
    await pods.run('packed', '', { image: PACKED, command, args: [] }, once);
    await pods.untilPhase('packed', 'Succeeded', 'Failed');
    const output = await cluster.logs('pods', 'packed');
    assert.match(output, /^import\/.*\/kubernetes-\d[\s\S]*\/app\/x: Permission denied\n$/);
    // the image's own user may not write, root may; the machine's files stay as they are
    const asRoot = {
      image: PACKED,
      command: ['sh', '-c', 'echo x > /app/x; cat /app/x'],
      args: [],
      securityContext: { runAsUser: 0 },
    };
    assert.equal(await pods.outputOf('packed-root', '', asRoot), 'x\n');
    assert.equal(await exists(join(import.meta.dirname, 'kubelet', 'x')), false);
  });

  test('runs as the user, group and file group it is told, without privileges', async () => {
    const output = await pods.outputOf(
      'non-root',
      'id; grep -h CapBnd /proc/self/status; grep -h NoNewPrivs /proc/self/status; echo x > /data/file; stat -c "%u %g" /data/file; chown 0 /data/file 2>&1 | grep -c "not permitted"',
      {
        securityContext: { capabilities: { drop: ['ALL'] }, allowPrivilegeEscalation: false },
        volumeMounts: [{ name: 'data', mountPath: '/data' }],
      },
      {
        securityContext: { runAsUser: 65532, runAsGroup: 65532, fsGroup: 2000 },
        volumes: [{ name: 'data', emptyDir: {} }],
      },
    );
    const lines = output.replaceAll('\t', ' ').split('\n');
    assert.equal(lines[0], 'uid=65532(app) gid=65532(app) groups=65532(app),2000');
    assert.deepEqual(lines.slice(1, 5), ['CapBnd: 0000000000000000', 'NoNewPrivs: 1', '65532 2000', '1']);
  });

  test('that must not run as root and would is refused', async () => {
    await pods.run('root', 'id', {}, { securityContext: { runAsNonRoot: true } });
    await until(async () => statusOf(await pods.get('root')).state.waiting?.reason === 'CreateContainerConfigError');
    assert.match(
      statusOf(await pods.get('root')).state.waiting?.message ?? '',
      /runAsNonRoot and image will run as root/,
    );
  });

  test('is told by SIGTERM after its preStop hook, and has its grace period', async () => {
    const script = 'trap "sleep 0.5; cat /data/hook; echo said goodbye; exit 0" TERM; while :; do sleep 0.1; done';
    const lifecycle = { preStop: { exec: { command: ['sh', '-c', 'echo hook > /data/hook'] } } };
    const volumes = [{ name: 'data', emptyDir: {} }];
    await pods.run('polite', script, { lifecycle, volumeMounts: [{ name: 'data', mountPath: '/data' }] }, { volumes });
    await pods.untilReady('polite');
    const follow = cluster.kubectl('logs', '-f', '-n', 'pods', 'polite');
    // the follower must be there before the end
    await until(async () => (await cluster.kubectl('get', '--raw', `${PODS}/polite/log`)).code === 0);
    await cluster.client.delete(`${PODS}/polite`);
    await until(async () => (await cluster.client.find(`${PODS}/polite`)) === null);
    assert.match((await follow).stdout, /hook\nsaid goodbye\n$/);
  });

  test('that does not listen to SIGTERM is killed after its grace period', async () => {
    await pods.run('deaf', 'trap "" TERM; while :; do sleep 1; done', {}, { terminationGracePeriodSeconds: 2 });
    await pods.untilReady('deaf');
    const pid = await cluster.kubelet.pods.get('pods/deaf')!.containers.get('main')!.process()!.pid();
    const asked = Date.now();
    await cluster.client.delete(`${PODS}/deaf`);
    await until(async () => (await cluster.client.find(`${PODS}/deaf`)) === null);
    const took = Date.now() - asked;
    assert.ok(took >= 1_900 && took < 10_000, `${took} ms`);
    assert.throws(() => process.kill(pid!, 0), { code: 'ESRCH' });
  });

  test('that fails is started again, later each time', async () => {
    await pods.run('failing', 'echo start; echo why > /dev/termination-log; exit 3');
    await until(async () => statusOf(await pods.get('failing')).restartCount >= 2);
    await until(async () => statusOf(await pods.get('failing')).state.waiting?.reason === 'CrashLoopBackOff');
    const { exitCode, message } = statusOf(await pods.get('failing')).lastState.terminated ?? {};
    assert.deepEqual({ exitCode, message }, { exitCode: 3, message: 'why\n' });
    assert.equal((await cluster.kubectl('logs', '-n', 'pods', 'failing', '--previous')).stdout, 'start\n');
  });
});

describe('a pod', () => {
  test('runs its init containers in order, and a sidecar beside the main one', async () => {
    const mounts = { volumeMounts: [{ name: 'data', mountPath: '/data' }] };
    const init = (name: string, script: string, more: Partial<Container> = {}): Container => ({
      name,
      image: SHELL,
      args: [script],
      ...mounts,
      ...more,
    });
    const output = await pods.outputOf('in-order', 'cat /data/order; kill -0 1 && cat /data/sidecar', mounts, {
      volumes: [{ name: 'data', emptyDir: {} }],
      initContainers: [
        init('first', 'sleep 0.3; echo first >> /data/order'),
        init('beside', `echo beside >> /data/order; sleep 0.3; echo up > /data/sidecar; ${FOREVER}`, {
          restartPolicy: 'Always',
          startupProbe: { exec: { command: ['test', '-e', '/data/sidecar'] }, periodSeconds: 1 },
        }),
        init('second', 'cat /data/sidecar >> /data/order; echo second >> /data/order'),
      ],
    });
    assert.equal(output, 'first\nbeside\nup\nsecond\nup\n');
    await until(async () => statusOf(await pods.get('in-order'), 'beside').state.terminated !== undefined);
  });

  test('does not start where an init container fails for good', async () => {
    const initContainers = [{ name: 'broken', image: SHELL, args: ['exit 4'] }];
    await pods.run('not-begun', 'echo never', {}, { ...once, initContainers });
    const pod = await pods.untilPhase('not-begun', 'Failed');
    assert.equal(statusOf(pod, 'broken').state.terminated?.exitCode, 4);
    assert.ok(statusOf(pod).state.waiting !== undefined);
  });

  test('is restarted by its liveness probe', async () => {
    const livenessProbe = {
      exec: { command: ['test', '!', '-e', '/data/ill'] },
      periodSeconds: 1,
      failureThreshold: 1,
    };
    const script =
      '[ -e /data/ill ] && rm /data/ill || { sleep 1; touch /data/ill; }; trap "exit 0" TERM; while :; do sleep 0.1; done';
    const volumes = [{ name: 'data', emptyDir: {} }];
    await pods.run('ill', script, { livenessProbe, volumeMounts: [{ name: 'data', mountPath: '/data' }] }, { volumes });
    await until(async () => statusOf(await pods.get('ill')).restartCount === 1 && isReady(await pods.get('ill')));
  });

  test('finds what it was promised in projected volumes', async () => {
    const volumes = [
      {
        name: 'all',
        projected: {
          defaultMode: 0o400,
          sources: [
            { configMap: { name: 'settings', items: [{ key: 'size', path: 'deep/size' }] } },
            { secret: { name: 'login' } },
            { downwardAPI: { items: [{ path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } }] } },
            { serviceAccountToken: { path: 'token', audience: 'somebody' } },
          ],
        },
      },
    ];
    const volumeMounts = [
      { name: 'all', mountPath: '/all' },
      { name: 'all', mountPath: '/etc/one-file', subPath: 'password' },
    ];
    const script =
      'cat /all/deep/size /all/labels; echo; cat /etc/one-file; echo; stat -L -c %a /all/password; cut -d. -f2 /all/token';
    const [labels, password, mode, claims = ''] = (
      await pods.outputOf('projected', script, { volumeMounts }, { volumes })
    ).split('\n');
    assert.deepEqual([labels, password, mode], ['7app="projected"', 'p$(A)"x', '400']);
    assert.deepEqual(JSON.parse(Buffer.from(claims, 'base64url').toString()).aud, ['somebody']);
  });

  test('asks the API server by its service account', async () => {
    const script = `const { readFileSync } = require('node:fs'); const folder = '/var/run/secrets/kubernetes.io/serviceaccount/';
      const options = { ca: readFileSync(folder + 'ca.crt'), headers: { authorization: 'Bearer ' + readFileSync(folder + 'token') } };
      require('node:https').get('https://kubernetes.default.svc/api/v1/namespaces/pods/secrets', options, (answer) => console.log(answer.resume().statusCode));`;
    assert.equal(await pods.outputOf('asking', script, { image: NODE }), '403\n');
  });

  test('keeps a claimed volume over its own end, and the folder goes with the claim', async () => {
    const claim = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } };
    await cluster.apply({
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name: 'disk', namespace: 'pods' },
      spec: claim,
    });
    const volumes = [{ name: 'disk', persistentVolumeClaim: { claimName: 'disk' } }];
    const volumeMounts = [{ name: 'disk', mountPath: '/disk', subPath: 'inside' }];
    assert.equal(
      await pods.outputOf('claim-1', 'echo kept > /disk/file; ls /disk', { volumeMounts }, { volumes }),
      'file\n',
    );
    await cluster.client.delete(`${PODS}/claim-1`);
    assert.equal(await pods.outputOf('claim-2', 'cat /disk/file', { volumeMounts }, { volumes }), 'kept\n');
    await cluster.client.delete(`${PODS}/claim-2`);
    await cluster.client.delete('/api/v1/namespaces/pods/persistentvolumeclaims/disk');
    await until(async () => (await cluster.client.list('/api/v1/persistentvolumes')).items.length === 0);
  });

  test('of a Job completes it, and one that fails is tried again', async () => {
    const template = (script: string): object => ({
      spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: SHELL, args: [script] }] },
    });
    const job = (name: string, script: string): object => ({
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name, namespace: 'pods' },
      spec: { backoffLimit: 0, template: template(script) },
    });
    await cluster.apply(job('good', 'exit 0'), job('bad', 'exit 1'));
    const wait = (name: string, condition: string) =>
      cluster.kubectl('wait', '-n', 'pods', `job/${name}`, `--for=condition=${condition}`, '--timeout=60s');
    assert.deepEqual([(await wait('good', 'Complete')).code, (await wait('bad', 'Failed')).code], [0, 0]);
  });

  test('that breaks the rules of its namespace is refused', async () => {
    await cluster.createNamespace('strict', { restricted: true });
    await assert.rejects(
      cluster.client.create('/api/v1/namespaces/strict/pods', {
        metadata: { name: 'bad' },
        spec: { containers: [{ name: 'main', image: SHELL }] },
      }),
      /violates PodSecurity "restricted/,
    );
    const securityContext = { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: 'RuntimeDefault' } };
    const container = {
      name: 'main',
      image: SHELL,
      securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
    };
    await cluster.client.create('/api/v1/namespaces/strict/pods', {
      metadata: { name: 'good' },
      spec: { securityContext, containers: [container] },
    });
    await until(async () =>
      isReady(await cluster.client.get<Pod & KubernetesObject>('/api/v1/namespaces/strict/pods/good')),
    );
  });
});
