import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { suite, test } from 'node:test';
import { treeUsageOf, usageOf } from './processes.ts';

/** Computes for 0.3 s of CPU, however busy the machine is. */
const BUSY = 'while (process.cpuUsage().user < 3e5);';

suite('[bench] processes', () => {
  test('a process that computes takes CPU and memory', () => {
    const before = usageOf(process.pid).cpu;
    const begun = process.cpuUsage().user;
    while (process.cpuUsage().user < begun + 200_000);
    const { cpu, rss } = usageOf(process.pid);
    assert.ok(cpu > before, `${cpu} after ${before}`);
    assert.ok(Math.abs(rss / process.memoryUsage.rss() - 1) < 0.5, `${rss}`);
  });
  test('a tree counts children that run and those that ended', async (t) => {
    const own = treeUsageOf(process.pid).cpu;
    const child = spawn(process.execPath, ['-e', `${BUSY} console.log("busy"); setInterval(() => {}, 1000)`]);
    t.after(() => child.kill('SIGKILL'));
    await once(child.stdout, 'data');
    const running = treeUsageOf(process.pid).cpu;
    assert.ok(running >= own + 0.1, `${running} after ${own}`);
    child.kill('SIGKILL');
    await once(child, 'close');
    // a tick or two less, as Linux counts what ended
    const ended = treeUsageOf(process.pid).cpu;
    assert.ok(ended >= own + 0.1, `${ended} after ${own}`);
  });
  test('who is not there is named by the error', () => {
    assert.throws(() => usageOf(2 ** 22 + 1), /\/proc\/4194305/);
  });
});
