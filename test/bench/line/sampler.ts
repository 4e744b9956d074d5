import { STAGES, type StageName } from '@geosluice/jobs';
import type { Pipeline } from '@geosluice/pipeline';
import { type Usage, usageOf } from '../processes.ts';
import type { RedisLook } from './redis-look.ts';
import type { Sample } from './samples.ts';
import { SERVERS, type ServerName, type Servers } from './servers.ts';
import type { Deployment } from './workers.ts';

export interface SampledLine {
  servers: Pick<Servers, 'pids'>;
  deployment: Pick<Deployment, 'workers'>;
  ledger: Pipeline['ledger'];
  redis: RedisLook;
}

/**
 * Looks at a line again and again, counting from now on.
 * @param last what a line that was ended had taken by then, which is added; null for a new one
 */
export function startSampler(line: SampledLine, last: Sample | null): () => Promise<Sample> {
  const { servers, deployment, ledger, redis } = line;
  const workerOf = (stage: StageName): Usage => usageOf(deployment.workers[stage].pid);
  const serverOf = (name: ServerName): number => usageOf(servers.pids[name]).cpu;
  const begun = performance.now();
  const workersBefore = byName(STAGES, (stage) => workerOf(stage).cpu);
  const serversBefore = byName(SERVERS, serverOf);
  return async () => {
    const [counts, { memory }] = await Promise.all([ledger.counts(), redis.usage()]);
    return {
      ...{ at: (last?.at ?? 0) + (performance.now() - begun) / 1000, counts, redisMemory: memory },
      workers: byName(STAGES, (stage) => {
        const { cpu, rss } = workerOf(stage);
        return { rss, cpu: (last?.workers[stage].cpu ?? 0) + cpu - workersBefore[stage] };
      }),
      servers: byName(SERVERS, (name) => (last?.servers[name] ?? 0) + serverOf(name) - serversBefore[name]),
    };
  };
}

function byName<Name extends string, Value>(names: readonly Name[], of: (name: Name) => Value): Record<Name, Value> {
  return Object.fromEntries(names.map((name) => [name, of(name)])) as Record<Name, Value>;
}
