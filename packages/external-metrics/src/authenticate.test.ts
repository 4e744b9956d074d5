import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { type Asked, decideIdentity, type FrontProxy } from './authenticate.ts';

const proxy: FrontProxy = {
  ca: 'PEM',
  allowedNames: ['front-proxy-client'],
  usernameHeaders: ['X-Remote-User', 'X-Other-User'],
  groupHeaders: ['X-Remote-Group'],
};
const headers = { 'x-remote-user': 'system:serviceaccount:kube-system:hpa', 'x-remote-group': 'system:authenticated' };
const asked: Asked = { verified: true, commonName: 'front-proxy-client', headers };

function codeOf(change: Partial<Asked>, of: FrontProxy | null = proxy): number | string {
  const identity = decideIdentity({ ...asked, ...change }, of);
  return 'refusal' in identity ? identity.refusal.code : identity.user;
}

suite('who asks for metrics', () => {
  test('is who the front proxy names', () => {
    assert.deepEqual(decideIdentity(asked, proxy), {
      user: 'system:serviceaccount:kube-system:hpa',
      groups: ['system:authenticated'],
    });
    assert.equal(codeOf({ headers: { 'x-other-user': 'ann' } }), 'ann');
  });

  test('is nobody without a certificate, whatever the headers say', () => {
    assert.equal(codeOf({ commonName: null, verified: false }), 401);
  });

  test('is nobody with a certificate of another authority, even of the same name', () => {
    assert.equal(codeOf({ verified: false }), 401);
  });

  test('may not be another holder of a certificate of that authority', () => {
    assert.equal(codeOf({ commonName: 'kubelet' }), 403);
    assert.equal(codeOf({ commonName: '' }), 403);
  });

  test('may be any of them where the cluster allows any name', () => {
    assert.equal(codeOf({ commonName: 'anything' }, { ...proxy, allowedNames: [] }), headers['x-remote-user']);
  });

  test('is nobody where the front proxy names nobody', () => {
    assert.equal(codeOf({ headers: {} }), 401);
    assert.equal(codeOf({ headers: { 'x-remote-user': '' } }), 401);
  });

  test('is not known before the cluster has told its authority', () => {
    assert.equal(codeOf({}, null), 503);
  });
});
