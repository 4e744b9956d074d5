import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, test } from 'node:test';

const RUNNING = join(import.meta.dirname, 'running.ts');

/** What a bench whose `measure` does this ends with. */
async function ends(measure: string, ...args: string[]): Promise<{ code: number; said: string; told: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'geosluice-running-'));
  const program = join(folder, 'bench.ts');
  await writeFile(
    program,
    `import { runBench, VoidRun } from ${JSON.stringify(RUNNING)};
const goal = (figure: number) => ({ where: 'here', what: 'figure', figure, bound: 1 });
const readAsked = (args: readonly string[]) => {
  if (args.length > 0) throw new Error('no ' + args[0]);
};
await runBench('example', 'usage\\n', readAsked, async (_asked, { folder }) => { ${measure} });
`,
  );
  try {
    return await new Promise((resolve) => {
      execFile(
        process.execPath,
        ['--disable-warning=ExperimentalWarning', program, ...args],
        { env: { ...process.env, GEOSLUICE_BENCH_FOLDER: folder } },
        (error, said, told) => resolve({ code: Number(error?.code ?? 0), said, told }),
      );
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

suite('[bench] a bench', { concurrency: true }, () => {
  test('ends with 0 where all its goals hold, and prints them', async () => {
    const { code, said } = await ends('return { tables: [], goals: [goal(1)] };');
    assert.equal(code, 0);
    assert.match(said, /figure +1\.00 +≤ 1 +ok/);
  });
  test('ends with 1 where one falls short', async () => {
    const { code, said } = await ends('return { tables: [], goals: [goal(1), goal(1.01)] };');
    assert.equal(code, 1);
    assert.match(said, /1\.01 +≤ 1 +short/);
  });
  test('ends with 1 where it tells nothing, and says why', async () => {
    const { code, told } = await ends('throw new VoidRun("stock was refused");');
    assert.equal(code, 1);
    assert.match(told, /bench:example: void: stock was refused/);
  });
  test('ends with 1 where it failed', async () => {
    const { code, told } = await ends('throw new Error("no server");');
    assert.equal(code, 1);
    assert.match(told, /no server/);
  });
  test('ends with 2 where it was asked wrongly, and says what is possible', async () => {
    const { code, told } = await ends('return { tables: [], goals: [] };', '--attic');
    assert.equal(code, 2);
    assert.match(told, /no --attic\n\nusage/);
  });
});
