import { PROCESSES, runService } from '@geosluice/service-kit';
import { startGateway } from './start.ts';

await runService({ name: 'gateway', sections: PROCESSES.gateway, start: startGateway });
