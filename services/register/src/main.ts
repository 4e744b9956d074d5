import { PROCESSES, runService } from '@geosluice/service-kit';
import { startRegister } from './start.ts';

await runService({
  name: 'register',
  sections: PROCESSES.register,
  start: (config, kit) => startRegister(config, { ...kit, health: true }),
});
