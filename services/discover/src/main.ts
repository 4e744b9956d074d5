import { PROCESSES, runService } from '@geosluice/service-kit';
import { startDiscover } from './start.ts';

await runService({
  name: 'discover',
  sections: PROCESSES.discover,
  start: (config, kit) => startDiscover(config, { ...kit, health: true }),
});
