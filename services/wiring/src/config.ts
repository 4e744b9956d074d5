import type { ConfigOf, PROCESSES } from '@geosluice/service-kit';

export type GatewayConfig = ConfigOf<(typeof PROCESSES)['gateway']>;
export type DiscoverConfig = ConfigOf<(typeof PROCESSES)['discover']>;
export type UploadConfig = ConfigOf<(typeof PROCESSES)['upload']>;
export type PublishConfig = ConfigOf<(typeof PROCESSES)['publish']>;
export type RegisterConfig = ConfigOf<(typeof PROCESSES)['register']>;
export type ExternalMetricsConfig = ConfigOf<(typeof PROCESSES)['external-metrics']>;
/** What all four workers read. */
export type WorkerConfig = DiscoverConfig;
