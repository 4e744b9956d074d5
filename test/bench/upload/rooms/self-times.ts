/** What `node --cpu-prof` writes, as far as it is read here (Chrome DevTools Protocol, Profiler.Profile). */
export interface CpuProfile {
  nodes: Array<{ id: number; callFrame: { functionName: string } }>;
  samples: number[];
  /** Microseconds before each sample. */
  timeDeltas: number[];
}

/** Seconds in each function itself, without what it called and without idling. */
export function selfTimes({ nodes, samples, timeDeltas }: CpuProfile): Map<string, number> {
  const names = new Map(nodes.map(({ id, callFrame }) => [id, callFrame.functionName || '(anonymous)']));
  const times = new Map<string, number>();
  for (const [index, id] of samples.entries()) {
    const name = names.get(id) ?? '(unknown)';
    if (name === '(idle)' || name === '(root)') continue;
    // a sample stands for the time until the next
    times.set(name, (times.get(name) ?? 0) + (timeDeltas[index + 1] ?? 0) / 1e6);
  }
  return times;
}
