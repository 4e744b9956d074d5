import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { Resolver } from 'node:dns/promises';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import { answerTo } from './dns.ts';
import { resolveName } from './services.ts';
import type { EndpointSlice, Service } from './types.ts';

const services = new Map<string, Service>([
  ['space/web', { metadata: { name: 'web', namespace: 'space' }, spec: { clusterIP: '10.1.0.5' } }],
  ['space/nodes', { metadata: { name: 'nodes', namespace: 'space' }, spec: { clusterIP: 'None' } }],
  ['space/empty', { metadata: { name: 'empty', namespace: 'space' }, spec: { clusterIP: 'None' } }],
  [
    'space/alias',
    {
      metadata: { name: 'alias', namespace: 'space' },
      spec: { type: 'ExternalName', externalName: 'web.space.svc.cluster.local' },
    },
  ],
]);
const slice: EndpointSlice = {
  metadata: { name: 'nodes-1', namespace: 'space' },
  addressType: 'IPv4',
  endpoints: [
    { addresses: ['10.0.0.2'], hostname: 'nodes-0', conditions: { ready: true } },
    { addresses: ['10.0.0.3'], hostname: 'nodes-1', conditions: { ready: false } },
    { addresses: ['10.0.0.4'], hostname: 'nodes-2' },
  ],
  ports: null,
};
const slices = new Map([['space/nodes', new Map([['nodes-1', slice]])]]);
const resolve = (name: string): readonly string[] | null => resolveName(name, services, slices);

const socket = createSocket('udp4');
const resolver = new Resolver({ timeout: 2_000, tries: 1 });
before(async () => {
  socket.on('message', (query, { port, address }) => {
    const answer = answerTo(query, resolve);
    if (answer !== null) socket.send(answer, port, address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  resolver.setServers([`127.0.0.1:${socket.address().port}`]);
});
after(() => socket.close());

test('a Service is its address, an alias the address of what it names', async () => {
  assert.deepEqual(await resolver.resolve4('web.space.svc.cluster.local'), ['10.1.0.5']);
  assert.deepEqual(await resolver.resolve4('ALIAS.space.svc.cluster.local'), ['10.1.0.5']);
});

test('a headless Service is its ready pods, each by its own name too', async () => {
  assert.deepEqual(await resolver.resolve4('nodes.space.svc.cluster.local'), ['10.0.0.2', '10.0.0.4']);
  assert.deepEqual(await resolver.resolve4('nodes-2.nodes.space.svc.cluster.local'), ['10.0.0.4']);
});

test('what is not there, not ready or not of the cluster has no name', async () => {
  const names = ['nodes-1.nodes.space', 'empty.space', 'nobody.space', 'web.elsewhere', 'a.web.space'];
  for (const name of [...names.map((short) => `${short}.svc.cluster.local`), 'example.org']) {
    await assert.rejects(resolver.resolve4(name), { code: 'ENOTFOUND' }, name);
  }
});

test('a name that is there has no address of another family', async () => {
  await assert.rejects(resolver.resolve6('web.space.svc.cluster.local'), { code: 'ENODATA' });
});

test('bytes that are no question are not answered', () => {
  for (const bytes of [[], [1, 2, 3], Array(17).fill(255)]) assert.equal(answerTo(Buffer.from(bytes), resolve), null);
});
