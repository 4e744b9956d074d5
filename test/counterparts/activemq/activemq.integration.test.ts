import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type ActiveMq, startActiveMq } from '../activemq.ts';
import { runProgram } from '../helm.ts';
import { startProcess, withFreshPorts } from '../server-process.ts';
import { activemqImage } from './image.ts';
import { activemqHome, java } from './install.ts';
import { connectStomp, type Stomp } from './stomp.ts';

describe('a real ActiveMQ', () => {
  let broker: ActiveMq;
  before(async () => {
    broker = await startActiveMq();
  });
  after(() => broker?.stop());

  const open = (): Promise<Stomp> => connectStomp(broker);
  /** The next messages of a queue, as they come. */
  const listen = async (stomp: Stomp, queue: string) => {
    const got: string[] = [];
    const waiting: Array<() => void> = [];
    await stomp.subscribe(queue, async ({ body }) => {
      got.push(body);
      for (const wake of waiting.splice(0)) wake();
    });
    return async (count: number) => {
      while (got.length < count) await new Promise<void>((resolve) => waiting.push(resolve));
      return got;
    };
  };

  test('a wrong password is refused', async () => {
    await assert.rejects(
      connectStomp({ ...broker, password: 'wrong' }),
      /User name \[geosluice\] or password is invalid/,
    );
  });

  test('each instance has a queue of its own, which keeps what comes while it is away, over a kill of the broker', async () => {
    const topic = '/topic/VirtualTopic.kept';
    const queue = '/queue/Consumer.a.VirtualTopic.kept';
    const producer = await open();
    await producer.send(topic, 'before it was known');
    const first = await open();
    const heard = await listen(first, queue);
    await producer.send(topic, 'one');
    assert.deepEqual(await heard(1), ['one']);
    await first.close();
    await producer.send(topic, 'two');
    await broker.kill();
    await producer.closed;
    await assert.rejects(producer.send(topic, 'to nobody'));
    await broker.restart();
    const again = await open();
    assert.deepEqual(await (await listen(again, queue))(1), ['two']);
    await again.close();
  });

  test('OpenWire is spoken on the same port', async () => {
    const stomp = await open();
    const heard = await listen(stomp, '/queue/Consumer.b.VirtualTopic.openwire');
    const home = await activemqHome();
    const { code, stderr } = await runProgram(await java(), [
      `-Dactivemq.home=${home}`,
      `-Dactivemq.base=${home}`,
      '-jar',
      `${home}/bin/activemq.jar`,
      'producer',
      ...['--brokerUrl', `tcp://${broker.host}:${broker.port}`, '--user', broker.user, '--password', broker.password],
      ...['--destination', 'topic://VirtualTopic.openwire', '--messageCount', '2', '--message', 'hello'],
    ]);
    assert.equal(code, 0, stderr);
    assert.equal((await heard(2)).length, 2);
    await stomp.close();
  });

  test('the broker of the GeoNode chart runs on what the chart configures, and speaks STOMP where a test needs it', async () => {
    const chart = new URL('../../../charts/geonode/files/activemq/', import.meta.url);
    const image = await activemqImage();
    await withFreshPorts(1, async ([port]) => {
      const folder = await mkdtemp(join(tmpdir(), 'geosluice-activemq-'));
      const configured = await readFile(new URL('activemq.xml', chart), 'utf8');
      assert.match(configured, /61616/);
      await writeFile(join(folder, 'activemq.xml'), configured.replace('61616', String(port)));
      const [user, password] = ['chart', 'secret'];
      const home = await activemqHome();
      const env = {
        ...image.env,
        TMPDIR: folder,
        ACTIVEMQ_CONNECTION_USER: user,
        ACTIVEMQ_CONNECTION_PASSWORD: password,
      };
      const properties = {
        'log4j2.configurationFile': `${new URL('log4j2.properties', chart)}`,
        'activemq.home': home,
        'activemq.base': home,
        'activemq.conf': folder,
        'activemq.data': join(folder, 'data'),
      };
      const login = { host: '127.0.0.1', port: port!, user, password };
      const server = await startProcess({
        name: 'ActiveMQ of the chart',
        // outside of a container the image's files lie where they lie
        command: 'sh',
        args: [
          image.files?.['/usr/local/bin/java'] ?? '',
          ...Object.entries(properties).map(([name, value]) => `-D${name}=${value}`),
          ...['-jar', `${home}/bin/activemq.jar`, 'start', `xbean:file:${folder}/activemq.xml`],
        ],
        folder,
        env,
        probe: async () => (await connectStomp(login)).close(),
      });
      try {
        await assert.rejects(connectStomp({ ...login, password: 'wrong' }));
        const stomp = await connectStomp(login);
        const heard = await listen(stomp, '/queue/Consumer.a.VirtualTopic.geoserver');
        await stomp.send('/topic/VirtualTopic.geoserver', 'a change');
        assert.deepEqual(await heard(1), ['a change']);
        await stomp.close();
      } finally {
        await server.end();
        await rm(folder, { recursive: true });
      }
    });
  });
});
