import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type ActiveMq, startActiveMq } from '../activemq.ts';
import { runProgram } from '../helm.ts';
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
});
