export { configurationPage, describeConfig } from './config/describe.ts';
export { ConfigError, type ConfigOf, type Environment, loadConfig, type Section } from './config/load.ts';
export * from './config/sections.ts';
export type { JsonSchema, Setting } from './config/setting.ts';
export { type HealthOptions, type HealthServer, startHealthServer } from './health.ts';
export { createLog, redactUrls } from './log.ts';
export { createMetrics, type Metrics } from './metrics.ts';
export { metricsPage } from './metrics-page.ts';
export { type Running, runService, type Service, type ServiceKit } from './run-service.ts';
