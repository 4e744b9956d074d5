import { PROCESSES, runService } from '@geosluice/service-kit';
import { startExternalMetrics } from './start.ts';

await runService({
  name: 'external-metrics',
  sections: PROCESSES['external-metrics'],
  start: startExternalMetrics,
});
