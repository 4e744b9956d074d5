import type { Stage } from '@geosluice/jobs';
import { inspect } from './inspect.ts';
import { list } from './list.ts';
import type { DiscoverPorts } from './ports.ts';

/** discover: a source in, an upload job for each dataset that is new or changed out. */
export function createDiscoverStage(ports: DiscoverPorts): Stage<'discover'> {
  return (job, context) => (job.kind === 'list' ? list(job, context, ports) : inspect(job, context, ports));
}
