import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { exampleJobs } from '../../jobs/src/testing/example-jobs.ts';
import { type CommandRegistrarOptions, createCommandRegistrar } from './command-registrar.ts';
import { documentOf } from './document-of.ts';
import type { Registrar } from './registrar.ts';

const signal = AbortSignal.timeout(30_000);
const job = exampleJobs().find((one) => one.stage === 'register' && one.kind === 'add');
assert.ok(job?.stage === 'register' && job.kind === 'add');
const document = documentOf(job, null);

/** A registrar over a script; `lives.txt` in its folder grows by a byte each time it is started. */
async function over(
  t: TestContext,
  script: string,
  options: Partial<CommandRegistrarOptions> = {},
): Promise<Registrar> {
  const folder = await mkdtemp(join(tmpdir(), 'geosluice-command-'));
  const file = join(folder, 'command.mjs');
  await writeFile(
    file,
    `import { appendFileSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
appendFileSync(${JSON.stringify(join(folder, 'lives.txt'))}, '.');
const life = readFileSync(${JSON.stringify(join(folder, 'lives.txt'))}).length;
const say = (value) => console.log(JSON.stringify(value));
const ready = () => say({ ready: true, app: 'geosluice_geonode', version: '1', geonode: '5', schema: 1 });
const lines = createInterface({ input: process.stdin });
const ok = (id) => say({ id, answers: [{ status: 'created', pk: life, uuid: 'u', url: 'http://geonode.test/1' }] });
${script}`,
  );
  const registrar = createCommandRegistrar({ command: [process.execPath, file], batchWaitMs: 1, ...options });
  t.after(async () => {
    await registrar.close();
    await rm(folder, { recursive: true, force: true });
  });
  return registrar;
}

test('one process serves many documents, and what else it prints does no harm', async (t) => {
  const registrar = await over(
    t,
    `ready(); console.log('a library greets'); lines.on('line', (line) => ok(JSON.parse(line).id));`,
  );
  const first = await registrar.register(document, signal);
  const second = await registrar.register(document, signal);
  assert.deepEqual([first.pk, second.pk], [1, 1]);
});

test('a command that dies fails what waited for it, with its last words, and is started again for the next', async (t) => {
  const registrar = await over(
    t,
    `ready(); lines.on('line', (line) => {
      if (life > 1) return ok(JSON.parse(line).id);
      console.error('out of memory'); process.exitCode = 3; lines.close(); process.stdin.destroy();
    });`,
  );
  await assert.rejects(registrar.register(document, signal), {
    code: 'GEONODE_DROPPED',
    means: 'retry',
    message: /code 3: out of memory/,
  });
  assert.equal((await registrar.register(document, signal)).pk, 2);
});

test('a command that cannot be run holds the queue', async (t) => {
  const registrar = createCommandRegistrar({ command: ['/nowhere/python', 'manage.py'], batchWaitMs: 1 });
  t.after(() => registrar.close());
  await assert.rejects(registrar.check(signal), { code: 'GEONODE_DOWN', down: true });
});

test('a command that dies before it is ready holds the queue, and says why', async (t) => {
  const registrar = await over(t, `console.error('no such setting'); process.exit(1);`);
  await assert.rejects(registrar.check(signal), { code: 'GEONODE_DOWN', down: true, message: /no such setting/ });
});

test('a command that hangs is ended, and another takes its place', async (t) => {
  const registrar = await over(t, `ready(); lines.on('line', (line) => { if (life > 1) ok(JSON.parse(line).id); });`, {
    timeoutMs: 100,
  });
  await assert.rejects(registrar.register(document, signal), { code: 'GEONODE_TIMEOUT' });
  assert.equal((await registrar.register(document, signal)).pk, 2);
});

test('a command that does not get ready is not waited for longer than allowed', async (t) => {
  const registrar = await over(t, `lines.on('line', () => {});`, { startTimeoutMs: 100 });
  await assert.rejects(registrar.check(signal), { code: 'GEONODE_TIMEOUT' });
});

test('a line without end is not gathered for ever', async (t) => {
  const registrar = await over(t, `ready(); lines.on('line', () => process.stdout.write('x'.repeat(6_000_000)));`);
  await assert.rejects(registrar.register(document, signal), { code: 'GEONODE_ANSWER' });
});
