import { Counter, Gauge, Histogram, type Metric } from 'prom-client';
import { createMetrics } from './metrics.ts';

/** docs/metrics.md, whole. */
export function metricsPage(): string {
  const { registry: _, uploadsFrom: __, writesFrom: ___, ...ours } = createMetrics();
  return [
    '# Metrics',
    '',
    'Every process serves its metrics as Prometheus text: the gateway at `/metrics` of its port, a worker at `/metrics` of',
    '`GEOSLUICE_HEALTH_PORT`. Counters and histograms are of that process alone. `geosluice_queue_*`, `geosluice_datasets` and `geosluice_rule_files`',
    'are read from Redis when somebody asks and are the same everywhere: take them from one process, e.g. with `max`. Besides these',
    'there are the usual ones of Node.js (`process_*`, `nodejs_*`).',
    '',
    'This page is generated from `packages/service-kit/src/metrics.ts` by `npm run generate`.',
    '',
    '| name | type | labels | what |',
    '|---|---|---|---|',
    ...Object.values(ours).map(rowOf),
    '',
    'What is worth an alert:',
    '',
    '```promql',
    'increase(geosluice_dead_letters_total[1h]) > 0                    # something needs a person',
    'max by (stage) (geosluice_queue_held_seconds) > 0                 # a counterpart is down and the queue waits for it',
    'geosluice_worker_last_polled_seconds > 120                        # a worker lives but works no more',
    'increase(geosluice_stalled_jobs_total[1h]) > 3                    # workers die over jobs',
    'max by (rule) (geosluice_rule_files{state="gone"}) > 0             # layers will go, or are held by the cap of their rule',
    'sum(geosluice_upload_parts_in_flight{state="active"}) > 0         # bytes are on their way …',
    '  and sum(increase(geosluice_upload_bytes_total[15m])) == 0       # … and none arrives',
    '```',
    '',
  ].join('\n');
}

function rowOf(metric: Metric): string {
  // the fields are there, prom-client's types do not show them
  const { name, help, labelNames } = metric as unknown as { name: string; help: string; labelNames: string[] };
  const labels = labelNames.map((label) => `\`${label}\``).join(', ');
  return `| \`${name}\` | ${typeOf(metric)} | ${labels} | ${help} |`;
}

function typeOf(metric: Metric): string {
  if (metric instanceof Counter) return 'counter';
  if (metric instanceof Gauge) return 'gauge';
  if (metric instanceof Histogram) return 'histogram';
  throw new TypeError('a metric of an unknown type');
}
