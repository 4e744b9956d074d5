import type { Log } from '@geosluice/jobs';
import { ConfigError, type ConfigOf, type Environment, loadConfig, type Section } from './config/load.ts';
import type { PROCESS } from './config/sections.ts';
import { createLog } from './log.ts';
import { createMetrics, type Metrics } from './metrics.ts';

/** What a started service gives back: how to end it. */
export interface Running {
  /** Hands unfinished work back within the grace. */
  close(graceMs: number): Promise<void>;
}

export interface ServiceKit {
  log: Log;
  metrics: Metrics;
  /** The service is a process of its own: it may wait for a counterpart that starts beside it. */
  alone?: boolean;
}

export interface Service<T extends Record<string, Section>> {
  name: string;
  sections: T;
  start(config: ConfigOf<T>, kit: ServiceKit): Promise<Running>;
}

/**
 * The whole life of a service process: configuration, start, and an end in two stages. The first SIGTERM or SIGINT hands
 * work back within the grace; a second one, or the end of the grace, ends the process at once (jobs are recovered then).
 */
export async function runService<T extends Record<string, Section> & { process: Section }>(
  service: Service<T>,
  env: Environment = process.env,
): Promise<void> {
  let config: ConfigOf<T>;
  try {
    config = loadConfig(service.sections, env);
  } catch (error) {
    refuse(service.name, error);
  }
  const { logLevel, logFormat, graceSeconds } = processOf(config);
  const log = createLog({ process: service.name, level: logLevel, format: logFormat });
  const fail = (error: unknown, event: string): void => {
    log.error({ error }, event);
    process.exit(1);
  };
  process.on('unhandledRejection', (error) => fail(error, 'Process:Run:UnhandledRejection'));
  process.on('uncaughtException', (error) => fail(error, 'Process:Run:UncaughtException'));
  // the first process of a container has no default for signals: one that still starts would not hear them
  process.on('SIGTERM', endAtOnce);
  process.on('SIGINT', endAtOnce);
  try {
    const running = await service.start(config, { log, metrics: createMetrics(), alone: true });
    // before the line that says so: whoever reads it may send a signal at once
    endOnSignal(running, graceSeconds * 1000, log);
    log.info({}, 'Process:Start:Done');
  } catch (error) {
    if (error instanceof ConfigError) refuse(service.name, error);
    fail(error, 'Process:Start:Failed');
  }
}

/** Ends the process with 2 and the whole list of what is wrong with its configuration. */
function refuse(name: string, error: unknown): never {
  if (!(error instanceof ConfigError)) throw error;
  process.stderr.write(`${name}: ${error.message}\n`);
  process.exit(2);
}

/** The settings that every process has. */
function processOf(config: object): ConfigOf<{ process: typeof PROCESS }>['process'] {
  return (config as ConfigOf<{ process: typeof PROCESS }>).process;
}

/** Milliseconds a close may overrun its grace before the process ends anyway. */
const OVERRUN_MS = 10_000;

function endAtOnce(signal: NodeJS.Signals): never {
  process.exit(128 + (signal === 'SIGINT' ? 2 : 15));
}

function endOnSignal(running: Running, graceMs: number, log: Log): void {
  let ending = false;
  const end = (signal: NodeJS.Signals): void => {
    if (ending) endAtOnce(signal);
    ending = true;
    log.info({ signal }, 'Process:Stop:Start');
    setTimeout(() => {
      log.error({}, 'Process:Stop:Forced');
      process.exit(1);
    }, graceMs + OVERRUN_MS).unref();
    running.close(graceMs).then(
      () => {
        log.info({}, 'Process:Stop:Done');
        process.exit(0);
      },
      (error) => {
        log.error({ error }, 'Process:Stop:Failed');
        process.exit(1);
      },
    );
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.off(signal, endAtOnce);
    process.on(signal, end);
  }
}
