import { PROCESSES, runService } from '@geosluice/service-kit';
import { startPublish } from './start.ts';

await runService({
  name: 'publish',
  sections: PROCESSES.publish,
  start: (config, kit) => startPublish(config, { ...kit, health: true }),
});
