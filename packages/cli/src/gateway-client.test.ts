import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createGatewayClient } from '@geosluice/gateway-api';
import type { GatewayPort } from './ports.ts';

test('the client of the gateway fills the port of the commands', () => {
  const port: GatewayPort = createGatewayClient({ url: 'http://gateway.example/', key: 'secret' });
  const asked: ReadonlyArray<keyof GatewayPort> = [
    ...([
      'startIngestion',
      'ingestion',
      'ingestions',
      'datasets',
      'dataset',
      'retry',
      'remove',
      'deadLetters',
    ] as const),
    ...(['replay', 'watches', 'putWatch', 'removeWatch', 'status', 'events'] as const),
  ];
  for (const name of asked) assert.equal(typeof port[name], 'function', name);
});
