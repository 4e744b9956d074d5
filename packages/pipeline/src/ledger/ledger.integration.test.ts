import { startRedis } from '../../../../test/counterparts/redis.ts';
import { ledgerConformance } from '../../../../test/ports/ledger-conformance.ts';
import { keysOf } from '../keys.ts';
import { connect } from '../redis.ts';
import { createLedger } from './ledger.ts';

ledgerConformance('the ledger in Redis', async () => {
  const server = await startRedis();
  const redis = connect(server.url, 'commands', () => {});
  const ledger = createLedger({
    ...{ redis, keys: keysOf(`test-${process.pid}`), keepEvents: 1_000 },
    now: () => new Date(),
    dropFailed: async () => {},
  });
  return {
    ledger,
    async close() {
      redis.disconnect();
      await server.stop();
    },
  };
});
