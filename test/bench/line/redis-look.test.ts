import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { readUsage } from './redis-look.ts';

suite('[bench] what Redis tells of itself', () => {
  test('its CPU, commands and memory', () => {
    const info = [
      ...['# Memory', 'used_memory:1500000', 'used_memory_rss:9', '# CPU', 'used_cpu_sys:1.5', 'used_cpu_user:2.25'],
      ...['used_cpu_sys_children:4', '# Stats', 'total_commands_processed:77', ''],
    ].join('\r\n');
    assert.deepEqual(readUsage(info), { cpu: 3.75, commands: 77, memory: 1_500_000 });
  });
  test('what it does not tell is named', () => {
    assert.throws(() => readUsage('used_cpu_user:1'), /used_cpu_sys/);
  });
});
