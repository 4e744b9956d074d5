import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { Script } from 'node:vm';
import { policyOf } from './routes/get-status-page.ts';
import { openGateway } from './testing/open-gateway.ts';

test('the page needs no key, loads nothing from elsewhere, and runs only its own script', async (t) => {
  const { ask } = await openGateway(t);
  const { status, headers, body } = await ask('GET', '/', { key: null });
  assert.deepEqual([status, headers.get('content-type')], [200, 'text/html; charset=utf-8']);
  const policy = headers.get('content-security-policy') ?? '';
  assert.match(policy, /^default-src 'none'; script-src 'sha256-[^']+'; style-src 'sha256-[^']+'; connect-src 'self'/);
  assert.doesNotMatch(policy, /unsafe/);
  assert.doesNotMatch(body, /(src|href)="(https?:)?\/\//);
  assert.doesNotMatch(body, / (style|on\w+)="/, 'the policy forbids styles and handlers in attributes');
  const [, script = ''] = /<script>(.*?)<\/script>/s.exec(body) ?? [];
  assert.ok(policy.includes(`'sha256-${createHash('sha256').update(script).digest('base64')}'`));
  assert.doesNotThrow(() => new Script(script));
});

test('a changed script has another hash', () => {
  assert.notEqual(policyOf('<script>a</script>'), policyOf('<script>b</script>'));
});

test('the page asks for the counts where they are, also behind a path', async (t) => {
  const { ask } = await openGateway(t);
  const { body } = await ask('GET', '/', { key: null });
  assert.match(body, /fetch\('v1\/status'/);
  for (const [, path] of body.matchAll(/href="([a-z][^":]*)"/g)) {
    assert.equal((await ask('GET', `/${path}`, { key: null })).status, 200, path);
  }
});
