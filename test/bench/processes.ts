import { readdirSync, readFileSync } from 'node:fs';

/** What a process took since it began; ticks of 10 ms, as Linux counts them (proc(5)). */
export interface Usage {
  /** CPU seconds, user and system, with those of children it waited for. */
  cpu: number;
  /** Bytes in memory now. */
  rss: number;
}

const TICKS_A_SECOND = 100;
const PAGE = 4096;

/** @throws Error where there is no such process */
export function usageOf(pid: number): Usage {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // the name may hold spaces and brackets: fields count from its last bracket, the state being the third of all
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const field = (number: number): number => Number(fields[number - 3]);
  return {
    cpu: (field(14) + field(15) + field(16) + field(17)) / TICKS_A_SECOND,
    rss: field(24) * PAGE,
  };
}

/** With all that descend from it; who ended meanwhile is in its parent's figure. */
export function treeUsageOf(pid: number): Usage {
  return [pid, ...descendantsOf(pid)].reduce<Usage>(
    (sum, one) => {
      const { cpu, rss } = usageOrNothing(one);
      return { cpu: sum.cpu + cpu, rss: sum.rss + rss };
    },
    { cpu: 0, rss: 0 },
  );
}

function usageOrNothing(pid: number): Usage {
  try {
    return usageOf(pid);
  } catch {
    return { cpu: 0, rss: 0 };
  }
}

function descendantsOf(pid: number): number[] {
  const children = new Map<number, number[]>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const parent = parentOf(name);
    if (parent !== null) children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  const found: number[] = [];
  collect(pid);
  return found;

  function collect(of: number): void {
    for (const child of children.get(of) ?? []) {
      found.push(child);
      collect(child);
    }
  }
}

function parentOf(pid: string): number | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    return null;
  }
}
