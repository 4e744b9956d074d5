export type { Metric, MetricValue } from './api.ts';
export type { FrontProxy } from './authenticate.ts';
export { type ApiServer, FrontProxyError, readFrontProxy } from './front-proxy.ts';
export { type MetricsServer, type MetricsServerOptions, startMetricsServer } from './server.ts';
