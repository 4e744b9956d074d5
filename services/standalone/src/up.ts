import { startDiscover } from '@geosluice/service-discover';
import { startGateway } from '@geosluice/service-gateway';
import {
  CLIENT,
  createLog,
  createMetrics,
  type Environment,
  loadConfig,
  PROCESSES,
  type Running,
} from '@geosluice/service-kit';
import { startPublish } from '@geosluice/service-publish';
import { startRegister } from '@geosluice/service-register';
import { startUpload } from '@geosluice/service-upload';

/** The gateway and all workers in one process, until the signal. The gateway’s `/metrics` tells of all of them. */
export async function up(env: Environment, signal: AbortSignal): Promise<void> {
  const sections = { ...PROCESSES.gateway, ...PROCESSES.publish, ...PROCESSES.register, client: CLIENT };
  const config = loadConfig(sections, env);
  const log = createLog({ process: 'geosluice', level: config.process.logLevel, format: config.process.logFormat });
  const metrics = createMetrics();
  const kit = { log, metrics, health: false };
  const running: Running[] = [];
  try {
    // workers first: what the gateway takes finds somebody who does it
    for (const start of [startDiscover, startUpload, startPublish, startRegister])
      running.push(await start(config, kit));
    running.push(await startGateway(config, { log, metrics }));
    log.info({ port: config.gateway.port }, 'Process:Start:Done');
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      else signal.addEventListener('abort', () => resolve(), { once: true });
    });
  } finally {
    log.info({}, 'Process:Stop:Start');
    // the gateway stops taking before the workers stop doing
    for (const one of running.toReversed().slice(0, 1)) await one.close(config.process.graceSeconds * 1000);
    await Promise.all(
      running
        .toReversed()
        .slice(1)
        .map((one) => one.close(config.process.graceSeconds * 1000)),
    );
    log.info({}, 'Process:Stop:Done');
  }
}
