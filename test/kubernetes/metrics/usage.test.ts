import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { parseStat, usageOfTrees } from './usage.ts';

test('a process is read from its line, whatever its name holds', () => {
  const line = '42 (a) b (c) S 7 1 1 0 -1 4194304 1 0 0 0 150 50 20 30 20 0 1 0 100 1000000 256 18446744073709551615';
  assert.deepEqual(parseStat(42, line), { pid: 42, parent: 7, usage: { cpuSeconds: 2.5, memoryBytes: 256 * 4096 } });
});

test("a tree's use is its children's too", async () => {
  const child = spawn('sh', ['-c', 'sh -c "while :; do :; done" & echo up; wait'], {
    stdio: ['ignore', 'pipe', 'ignore'],
    detached: true,
  });
  try {
    await once(child.stdout, 'data');
    let used = 0;
    while (used < 0.2) {
      const usage = (await usageOfTrees([child.pid!])).get(child.pid!);
      assert.ok(usage !== undefined && usage.memoryBytes > 0);
      used = usage.cpuSeconds;
    }
  } finally {
    process.kill(-child.pid!, 'SIGKILL');
  }
});
