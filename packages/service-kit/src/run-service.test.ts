import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { test } from 'node:test';

const EXAMPLE = join(import.meta.dirname, 'testing', 'example-service.ts');

function start(env: Record<string, string>): {
  child: ChildProcess;
  output(): string;
  saw(text: string): Promise<void>;
} {
  const child = spawn(process.execPath, [EXAMPLE], {
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const listeners = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk) => {
      output += chunk;
      for (const listener of listeners) listener();
    });
  }
  const saw = (text: string) =>
    new Promise<void>((resolve, reject) => {
      const look = () => {
        if (output.includes(text)) resolve();
      };
      listeners.add(look);
      child.once('close', (code) => reject(new Error(`ended with ${code} before "${text}": ${output}`)));
      look();
    });
  return { child, output: () => output, saw };
}

test('a wrong configuration ends with 2 and the whole list', async () => {
  const { child, output } = start({ GEOSLUICE_LOG_LEVEL: 'loud', GEOSLUICE_HEALTH_PORT: '-1' });
  const [code] = await once(child, 'close');
  assert.equal(code, 2);
  assert.match(output(), /GEOSLUICE_LOG_LEVEL[\s\S]*GEOSLUICE_HEALTH_PORT/);
});

test('so does one that is found wrong only when things are opened', async () => {
  const { child, output } = start({ EXAMPLE_REFUSES: '1' });
  const [code] = await once(child, 'close');
  assert.equal(code, 2);
  assert.match(output(), /^example: the configuration is wrong:\n {2}- EXAMPLE_REFUSES must not be given$/m);
});

test('the first SIGTERM closes with the grace and ends with 0', async () => {
  const { child, output, saw } = start({ GEOSLUICE_SHUTDOWN_GRACE_SECONDS: '7' });
  await saw('Process:Start:Done');
  child.kill('SIGTERM');
  const [code] = await once(child, 'close');
  assert.equal(code, 0);
  assert.match(output(), /Process:Stop:Start[\s\S]*closed with 7000[\s\S]*Process:Stop:Done/);
});

test('a second signal ends at once', async () => {
  const { child, saw } = start({ EXAMPLE_HANGS: '1' });
  await saw('Process:Start:Done');
  child.kill('SIGTERM');
  await saw('Process:Stop:Start');
  child.kill('SIGTERM');
  const [code] = await once(child, 'close');
  assert.equal(code, 143);
});

test('a signal ends a process that still starts', async () => {
  const { child, saw } = start({ EXAMPLE_WAITS: '1' });
  await saw('waiting');
  child.kill('SIGTERM');
  assert.deepEqual(await once(child, 'close'), [143, null]);
});

test('what nobody caught is logged and ends with 1', async () => {
  const { child, output } = start({ EXAMPLE_THROWS: '1' });
  const [code] = await once(child, 'close');
  assert.equal(code, 1);
  assert.match(output(), /Process:Run:UnhandledRejection/);
});
