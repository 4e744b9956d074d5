import { ledgerConformance } from './ledger-conformance.ts';
import { createMemoryLedger } from './memory-ledger.ts';

ledgerConformance('the ledger in memory', async () => ({ ledger: createMemoryLedger(), close: async () => {} }));
