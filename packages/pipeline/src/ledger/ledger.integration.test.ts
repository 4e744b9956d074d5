import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { type RedisServer, startRedis } from '../../../../test/counterparts/redis.ts';
import { ledgerConformance } from '../../../../test/ports/ledger-conformance.ts';
import { keysOf } from '../keys.ts';
import { type Client, connect } from '../redis.ts';
import { createLedger } from './ledger.ts';

const ledgerOn = (redis: Client) =>
  createLedger({
    ...{ redis, keys: keysOf(`test-${process.pid}`), keepEvents: 1_000 },
    now: () => new Date(),
    dropFailed: async () => {},
  });

ledgerConformance('the ledger in Redis', async () => {
  const server = await startRedis();
  const redis = connect(server.url, 'commands', () => {});
  return {
    ledger: ledgerOn(redis),
    async close() {
      redis.disconnect();
      await server.stop();
    },
  };
});

suite('claims of many processes at once', () => {
  let server: RedisServer;
  let connections: Client[];
  before(async () => {
    server = await startRedis();
    connections = Array.from({ length: 8 }, () => connect(server.url, 'commands', () => {}));
    await Promise.all(connections.map((one) => one.ping()));
  });
  after(async () => {
    for (const one of connections) one.disconnect();
    await server.stop();
  });

  test('each name goes to one of all that claim it, and all are told which', async () => {
    const ledgers = connections.map(ledgerOn);
    const names = Array.from({ length: 50 }, (_, at) => `dem_${at}`);
    const winners = new Set<string>();
    for (const [turn, name] of names.entries()) {
      // in turns, so that each connection is now among the first and now among the last
      const order = ledgers.map((_, at) => (at + turn) % ledgers.length);
      const datasets = order.flatMap((at) => [`d${at}a`, `d${at}b`]);
      const told = await Promise.all(
        datasets.map((dataset, at) => ledgers[order[at >> 1]!]!.claimName({ workspace: 'claims', name, dataset })),
      );
      assert.equal(new Set(told).size, 1, `${name} was given to ${told}`);
      assert.equal(datasets.filter((dataset, at) => dataset === told[at]).length, 1);
      winners.add(told[0] ?? '');
    }
    assert.ok(winners.size > 1, 'they do run at once');
    const late = names.map((name) => ledgers[0]!.claimName({ workspace: 'claims', name, dataset: 'late' }));
    assert.equal((await Promise.all(late)).includes('late'), false, 'and it stays so');
  });
});
