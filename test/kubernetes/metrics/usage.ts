import { readdir, readFile } from 'node:fs/promises';

/** What a container's processes have used. */
export interface Usage {
  cpuSeconds: number;
  memoryBytes: number;
}

interface Process {
  pid: number;
  parent: number;
  usage: Usage;
}

/** USER_HZ and the page size of Linux on the machines tests run on. */
const TICKS_A_SECOND = 100;
const PAGE_BYTES = 4096;

/** The use of each tree of processes, by its root, from one look through /proc. */
export async function usageOfTrees(roots: readonly number[]): Promise<Map<number, Usage>> {
  const entries = await readdir('/proc');
  const found = await Promise.all(entries.filter((name) => /^\d+$/.test(name)).map(readProcess));
  const children = new Map<number, Process[]>();
  const byPid = new Map<number, Process>();
  for (const process of found) {
    if (process === null) continue;
    byPid.set(process.pid, process);
    const siblings = children.get(process.parent);
    if (siblings === undefined) children.set(process.parent, [process]);
    else siblings.push(process);
  }
  const sum = (process: Process): Usage => {
    const total = { ...process.usage };
    for (const child of children.get(process.pid) ?? []) {
      const usage = sum(child);
      total.cpuSeconds += usage.cpuSeconds;
      total.memoryBytes += usage.memoryBytes;
    }
    return total;
  };
  const result = new Map<number, Usage>();
  for (const root of roots) {
    const process = byPid.get(root);
    if (process !== undefined) result.set(root, sum(process));
  }
  return result;
}

async function readProcess(name: string): Promise<Process | null> {
  const text = await readFile(`/proc/${name}/stat`, 'utf8').catch(() => null);
  return text === null ? null : parseStat(Number(name), text);
}

/** One line of /proc/PID/stat; its second field is the program's name, which may hold anything. */
export function parseStat(pid: number, text: string): Process {
  const fields = text
    .slice(text.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
  // counted from the third field of the file: ppid 4, utime 14 to cstime 17, rss 24
  const field = (number: number): number => fields[number - 3] ?? 0;
  const ticks = field(14) + field(15) + field(16) + field(17);
  return {
    pid,
    parent: field(4),
    usage: { cpuSeconds: ticks / TICKS_A_SECOND, memoryBytes: field(24) * PAGE_BYTES },
  };
}
