import { PROCESSES, runService } from '@geosluice/service-kit';
import { startUpload } from './start.ts';

await runService({
  name: 'upload',
  sections: PROCESSES.upload,
  start: (config, kit) => startUpload(config, { ...kit, health: true }),
});
