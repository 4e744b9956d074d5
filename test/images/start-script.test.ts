import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { readProperties } from './properties.ts';
import { runClean } from './shell.ts';

const START = join(import.meta.dirname, '../../docker/geoserver/start.sh');
const folder = mkdtempSync(join(tmpdir(), 'geosluice-start-'));
after(() => rmSync(folder, { recursive: true }));

let made = 0;
function dataDirectory(files: Record<string, string> = {}): string {
  made += 1;
  const path = join(folder, `data-${made}`);
  mkdirSync(join(path, 'cluster'), { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(path, name), text);
  return path;
}

const CLUSTER = {
  CLUSTER_BROKER_URL: 'tcp://activemq:61616',
  CLUSTER_BROKER_USER: 'geo server',
  CLUSTER_BROKER_PASSWORD: 'p&ss=wörd%\\)?',
  CLUSTER_INSTANCE_NAME: 'geoserver-0',
};

const start = (env: Record<string, string>, ...command: string[]) =>
  runClean('sh', [START, ...(command.length > 0 ? command : ['true'])], { ...env });

const clusterOf = (data: string) => readProperties(readFileSync(join(data, 'cluster/cluster.properties')));

test('a replica gets its name, the broker with its login, and receives without sending', async () => {
  const data = dataDirectory();
  const { code, stderr, stdout } = await start({ GEOSERVER_DATA_DIR: data, ...CLUSTER });
  assert.equal(code, 0, stderr);
  const properties = clusterOf(data);
  assert.deepEqual(Object.fromEntries(properties), {
    CLUSTER_CONFIG_DIR: `${data}/cluster`,
    instanceName: 'geoserver-0',
    group: 'geoserver-cluster',
    brokerURL: 'failover:(tcp://activemq:61616)?jms.userName=geo%20server&jms.password=p%26ss%3Dw%C3%B6rd%25%5C%29%3F',
    topicName: 'VirtualTopic.geoserver',
    embeddedBroker: 'disabled',
    durable: 'true',
    toggleMaster: 'false',
    toggleSlave: 'true',
    readOnly: 'disabled',
    connection: 'enabled',
    'connection.retry': '10',
    'connection.maxwait': '500',
  });
  const login = new URLSearchParams(properties.get('brokerURL')?.split('?')[1]);
  assert.equal(login.get('jms.userName'), CLUSTER.CLUSTER_BROKER_USER);
  assert.equal(login.get('jms.password'), CLUSTER.CLUSTER_BROKER_PASSWORD);
  assert.doesNotMatch(stdout + stderr, /p&ss|p%26ss/);
  assert.equal(statSync(join(data, 'cluster/cluster.properties')).mode & 0o777, 0o600);
});

test('the primary sends; a node without a name takes its pod’s, else the host’s', async () => {
  const { CLUSTER_INSTANCE_NAME: _, ...nameless } = CLUSTER;
  const [primary, host] = [dataDirectory(), dataDirectory()];
  await start({ GEOSERVER_DATA_DIR: primary, ...nameless, CLUSTER_ROLE: 'primary', POD_NAME: 'geonode-geoserver-0' });
  await start({ GEOSERVER_DATA_DIR: host, ...nameless });
  assert.equal(clusterOf(primary).get('instanceName'), 'geonode-geoserver-0');
  assert.equal(clusterOf(primary).get('toggleMaster'), 'true');
  assert.equal(clusterOf(primary).get('toggleSlave'), 'false');
  assert.equal(clusterOf(host).get('instanceName'), hostname());
});

test('a broker url that is a failover already keeps its own options', async () => {
  const data = dataDirectory();
  const url = 'failover:(tcp://a:1,tcp://b:2)?randomize=false';
  await start({ GEOSERVER_DATA_DIR: data, ...CLUSTER, CLUSTER_BROKER_URL: url });
  assert.match(clusterOf(data).get('brokerURL') ?? '', /^failover:\(tcp:\/\/a:1,tcp:\/\/b:2\)\?randomize=false&jms\./);
});

test('what it does not know of cluster.properties stays, and a second start changes nothing', async () => {
  const before = [
    '#Sun Oct 01 12:58:43 BST 2017',
    'toggleSlave=false',
    'xbeanURL=./broker.xml',
    'brokerURL : tcp\\://old\\:1,\\',
    '    tcp\\://older\\:1',
    'our\\ own = kept \\',
    '   instanceName=not-a-key',
    'instanceName ed0eae4a',
    '',
  ].join('\n');
  const data = dataDirectory({ 'cluster/cluster.properties': before });
  await start({ GEOSERVER_DATA_DIR: data, ...CLUSTER });
  const first = readFileSync(join(data, 'cluster/cluster.properties'), 'utf8');
  const properties = clusterOf(data);
  assert.equal(properties.get('xbeanURL'), './broker.xml');
  assert.equal(properties.get('our own'), 'kept instanceName=not-a-key');
  assert.equal(properties.get('instanceName'), 'geoserver-0');
  assert.equal(properties.get('toggleSlave'), 'true');
  assert.match(first, /^#Sun Oct 01/);
  assert.doesNotMatch(first, /old|ed0eae4a/);
  await start({ GEOSERVER_DATA_DIR: data, ...CLUSTER });
  assert.equal(readFileSync(join(data, 'cluster/cluster.properties'), 'utf8'), first);
  assert.deepEqual(readdirSync(join(data, 'cluster')), ['cluster.properties'], 'no draft is left');
});

test('s3.properties gives Java back exactly the keys it was given, whatever is in them', async () => {
  const secretKey = ' \\u0041=:#!\ttab "quote" $HOME `id` é€😀 end ';
  const secretFile = join(folder, 'secret-key');
  writeFileSync(secretFile, `${secretKey}\n`);
  const file = join(folder, 'deep', 's3.properties');
  const data = dataDirectory();
  const { code, stdout, stderr } = await start(
    {
      GEOSERVER_DATA_DIR: data,
      ...{ S3_ALIAS: 'minio', S3_ENDPOINT: 'http://minio:9000', S3_PROPERTIES_FILE: file },
      ...{ S3_ACCESS_KEY: 'AKIA:x=1', S3_SECRET_KEY_FILE: secretFile, CATALINA_OPTS: '-Xmx1g' },
    },
    'env',
  );
  assert.equal(code, 0, stderr);
  assert.deepEqual(Object.fromEntries(readProperties(readFileSync(file))), {
    'minio.s3.endpoint': 'http://minio:9000',
    'minio.s3.user': 'AKIA:x=1',
    'minio.s3.password': secretKey,
  });
  assert.equal(statSync(file).mode & 0o777, 0o600);
  const environment = new Map(
    stdout.split('\n').map((line) => [line.split('=')[0], line.slice(line.indexOf('=') + 1)]),
  );
  assert.equal(environment.get('CATALINA_OPTS'), `-Xmx1g -Ds3.properties.location=${file}`);
  assert.equal(environment.get('IIO_S3_AWS_ENDPOINT'), 'http://minio:9000');
  assert.equal(environment.get('IIO_S3_AWS_FORCE_PATH_STYLE'), 'true');
  assert.equal(environment.get('IIO_S3_AWS_PASSWORD'), secretKey);
  assert.equal(environment.has('S3_SECRET_KEY'), false);
  assert.doesNotMatch(stderr, /quote|AKIA/);
});

test('GeoFence of all nodes is sent to one database, and its other settings stay', async () => {
  const data = dataDirectory();
  mkdirSync(join(data, 'geofence'));
  const file = join(data, 'geofence/geofence-datasource-ovr.properties');
  writeFileSync(file, 'geofenceDataSource.url=jdbc:h2:old\ngeofenceDataSource.removeAbandoned=true\n');
  const { code } = await start({
    GEOSERVER_DATA_DIR: data,
    GEOFENCE_DATABASE_URL: 'jdbc:postgresql://postgis:5432/geonode_data',
    ...{ GEOFENCE_DATABASE_USER: 'geonode_data', GEOFENCE_DATABASE_PASSWORD: 'p\\w' },
  });
  assert.equal(code, 0);
  const properties = readProperties(readFileSync(file));
  assert.equal(properties.get('geofenceDataSource.url'), 'jdbc:postgresql://postgis:5432/geonode_data');
  assert.equal(properties.get('geofenceDataSource.password'), 'p\\w');
  assert.equal(properties.get('geofenceDataSource.removeAbandoned'), 'true');
  assert.equal(properties.get('geofenceEntityManagerFactory.jpaPropertyMap[hibernate.default_schema]'), 'public');
});

test('an empty data directory is filled with the image’s, one with a catalog is left alone', async () => {
  const seed = dataDirectory({ 'global.xml': '<global/>', 'logging.xml': '<logging/>', '.hidden': 'x' });
  const [empty, used] = [dataDirectory(), dataDirectory({ 'global.xml': '<mine/>' })];
  for (const data of [empty, used]) {
    const { code, stderr } = await start({ GEOSERVER_DATA_DIR: data, GEOSERVER_SEED_DIR: seed });
    assert.equal(code, 0, stderr);
  }
  assert.equal(readFileSync(join(empty, 'global.xml'), 'utf8'), '<global/>');
  assert.deepEqual(readdirSync(empty).sort(), ['.hidden', 'cluster', 'global.xml', 'logging.xml']);
  assert.equal(readFileSync(join(used, 'global.xml'), 'utf8'), '<mine/>');
  assert.deepEqual(readdirSync(used).sort(), ['cluster', 'global.xml']);
});

test('the command that follows takes the script’s place and its exit code', async () => {
  const { code, stdout } = await start(
    { GEOSERVER_DATA_DIR: dataDirectory() },
    'sh',
    '-c',
    'echo "$1 $$"; exit 7',
    'sh',
    'a b',
  );
  assert.equal(code, 7);
  assert.match(stdout, /^a b \d+\n$/);
});

test('what is wrong stops the start with one sentence, and nothing is written', async () => {
  const data = dataDirectory();
  const s3 = { S3_ALIAS: 'minio', S3_ENDPOINT: 'http://minio:9000', S3_ACCESS_KEY: 'a', S3_SECRET_KEY: 'hunter2' };
  const cases: Array<[Record<string, string>, RegExp]> = [
    [{ CLUSTER_ENABLED: 'true' }, /CLUSTER_BROKER_URL is missing/],
    [{ CLUSTER_ENABLED: 'yes', ...CLUSTER }, /CLUSTER_ENABLED must be true or false/],
    [{ ...CLUSTER, CLUSTER_ROLE: 'master' }, /CLUSTER_ROLE must be primary or replica/],
    [{ ...CLUSTER, CLUSTER_BROKER_PASSWORD_FILE: '/dev/null' }, /CLUSTER_BROKER_PASSWORD and .*_FILE are both given/],
    [{ ...s3, S3_ALIAS: 'My-Alias' }, /S3_ALIAS must be lower case/],
    [{ ...s3, S3_SECRET_KEY: '', S3_SECRET_KEY_FILE: '/nowhere' }, /S3_SECRET_KEY_FILE names \/nowhere/],
    [{ ...s3, S3_SECRET_KEY: '' }, /S3_SECRET_KEY is missing/],
    [{ ...s3, S3_PROPERTIES_FILE: '/tmp/a b; rm' }, /S3_PROPERTIES_FILE may hold/],
    [{ ...s3, S3_PROPERTIES_FILE: 'here' }, /S3_PROPERTIES_FILE must be an absolute path/],
  ];
  for (const [env, sentence] of cases) {
    const { code, stdout, stderr } = await start({ GEOSERVER_DATA_DIR: data, ...env }, 'echo', 'started');
    assert.equal(code, 1, `${Object.entries(env)}`);
    assert.match(stderr, sentence);
    assert.doesNotMatch(stdout + stderr, /started|hunter2/);
  }
  assert.deepEqual(readdirSync(join(data, 'cluster')), []);
});
