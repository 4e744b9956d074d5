export { startExternalMetrics } from './start.ts';
