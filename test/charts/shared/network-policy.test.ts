import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { V1NetworkPolicy } from '@kubernetes/client-node';
import { parse } from 'yaml';
import { allows, type Endpoint, selects } from './network-policy.ts';

const pod = (name: string, namespace = 'a', labels: Record<string, string> = { app: name }): Endpoint => ({
  name,
  namespace,
  labels,
  ip: '10.244.0.7',
  ports: [{ name: 'http', port: 8080 }],
});
const web = pod('web');
const db = pod('db');
const elsewhere = pod('web', 'b');
const internet: Endpoint = { name: 'internet', ip: '198.51.100.7' };

/** Policies of namespace `a`, from the YAML of their specs. */
function policies(...specs: string[]): V1NetworkPolicy[] {
  return specs.map(
    (spec) => ({ metadata: { name: 'p', namespace: 'a' }, spec: parse(spec) as object }) as V1NetworkPolicy,
  );
}
const may = (specs: string[], from: Endpoint, to: Endpoint, port = 8080, protocol: 'TCP' | 'UDP' = 'TCP') =>
  allows({ policies: policies(...specs), namespaces: { b: { team: 'maps' } } }, from, to, { port, protocol });

const DENY_ALL = 'podSelector: {}\npolicyTypes: [Ingress, Egress]';
const DENY_IN = '{ podSelector: { matchLabels: { app: db } } }';

test('without a policy everything is allowed', () => {
  assert.equal(may([], web, db), true);
  assert.equal(may([], internet, db), true);
});

test('a policy without rules refuses its direction for the pods it takes, and for no others', () => {
  assert.equal(may([DENY_IN], web, db), false);
  assert.equal(may([DENY_IN], db, web), true, 'no policyTypes and no egress: ingress only');
  assert.equal(may(['{ podSelector: {}, egress: [] }'], web, internet), false, 'egress that is there but empty counts');
  assert.equal(may([DENY_ALL], web, internet), false);
  assert.equal(may([DENY_ALL], internet, web), false);
  assert.equal(may([DENY_ALL], elsewhere, internet), true, 'another namespace is not its business');
});

test('both ends must agree', () => {
  const out =
    '{ podSelector: { matchLabels: { app: web } }, policyTypes: [Egress], egress: [{ to: [{ podSelector: {} }] }] }';
  const into = '{ podSelector: { matchLabels: { app: db } }, ingress: [{ from: [{ podSelector: {} }] }] }';
  assert.equal(may([DENY_ALL, out], web, db), false);
  assert.equal(may([DENY_ALL, into], web, db), false);
  assert.equal(may([DENY_ALL, out, into], web, db), true);
});

test('a pod selector alone means pods of the same namespace; with a namespace selector both must hold', () => {
  const from = (peer: string) => `{ podSelector: { matchLabels: { app: db } }, ingress: [{ from: [${peer}] }] }`;
  assert.equal(may([from('{ podSelector: { matchLabels: { app: web } } }')], web, db), true);
  assert.equal(may([from('{ podSelector: { matchLabels: { app: web } } }')], elsewhere, db), false);
  assert.equal(may([from('{ namespaceSelector: { matchLabels: { team: maps } } }')], elsewhere, db), true);
  assert.equal(may([from('{ namespaceSelector: { matchLabels: { team: maps } } }')], web, db), false);
  assert.equal(
    may([from('{ namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: b } } }')], elsewhere, db),
    true,
  );
  assert.equal(
    may([from('{ namespaceSelector: {}, podSelector: { matchLabels: { app: x } } }')], elsewhere, db),
    false,
  );
  assert.equal(may([from('{ namespaceSelector: {} }')], internet, db), false, 'an address is in no namespace');
});

test('address blocks and their exceptions', () => {
  const block = (ipBlock: string) =>
    `{ podSelector: {}, policyTypes: [Egress], egress: [{ to: [{ ipBlock: ${ipBlock} }] }] }`;
  const open = '{ cidr: 0.0.0.0/0, except: [10.0.0.0/8, 169.254.0.0/16] }';
  assert.equal(may([block(open)], web, internet), true);
  assert.equal(may([block(open)], web, { name: 'metadata', ip: '169.254.169.254' }), false);
  assert.equal(may([block(open)], web, elsewhere), false, 'a pod has an address of 10.0.0.0/8');
  assert.equal(may([block('{ cidr: 10.244.0.0/16 }')], web, elsewhere), true);
  assert.equal(may([block('{ cidr: "2001:db8::/32" }')], web, { name: 'v6', ip: '2001:db8::1' }), true);
  assert.equal(may([block(open)], web, { name: 'v6', ip: '2001:db8::1' }), false);
});

test('ports by number, range, name and protocol', () => {
  const port = (ports: string) => `{ podSelector: { matchLabels: { app: db } }, ingress: [{ ports: [${ports}] }] }`;
  assert.equal(may([port('{ port: 8080 }')], web, db), true);
  assert.equal(may([port('{ port: 8081 }')], web, db), false);
  assert.equal(may([port('{ port: 8000, endPort: 8090 }')], web, db), true);
  assert.equal(may([port('{ port: 8000, endPort: 8079 }')], web, db), false);
  assert.equal(may([port('{ port: http }')], web, db), true);
  assert.equal(may([port('{ port: https }')], web, db), false);
  assert.equal(may([port('{ port: 8080, protocol: UDP }')], web, db), false);
  assert.equal(may([port('{ protocol: UDP }')], web, db, 53, 'UDP'), true);
  const egress = '{ podSelector: {}, policyTypes: [Egress], egress: [{ ports: [{ port: http }] }] }';
  assert.equal(may([egress], web, db), true, 'a name in egress is one of the pod at the other end');
  assert.equal(may([egress], web, { ...db, ports: [] }), false);
});

test('peers and ports of one rule belong together, rules and policies add up', () => {
  const rule = (app: string, port: number) =>
    `{ from: [{ podSelector: { matchLabels: { app: ${app} } } }], ports: [{ port: ${port} }] }`;
  const policy = (...of: string[]) => `{ podSelector: { matchLabels: { app: db } }, ingress: [${of.join(', ')}] }`;
  assert.equal(may([policy(rule('web', 1), rule('x', 8080))], web, db), false);
  assert.equal(may([policy(rule('web', 1), rule('web', 8080))], web, db), true);
  assert.equal(may([policy(rule('web', 1)), policy(rule('web', 8080))], web, db), true);
});

test('label selectors know all four operators', () => {
  const by = (operator: string, values?: string[]) =>
    selects({ matchExpressions: [{ key: 'app', operator, ...(values && { values }) }] }, { app: 'web' });
  assert.deepEqual(
    [by('In', ['web']), by('In', ['db']), by('NotIn', ['db']), by('NotIn', ['web'])],
    [true, false, true, false],
  );
  assert.deepEqual([by('Exists'), by('DoesNotExist')], [true, false]);
  assert.equal(selects({ matchExpressions: [{ key: 'zone', operator: 'NotIn', values: ['x'] }] }, {}), true);
  assert.throws(() => by('Like', ['w']), /no operator/);
});
