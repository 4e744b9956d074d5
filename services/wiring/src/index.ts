export { nowAndThen } from './chores.ts';
export type * from './config.ts';
export { openRegistrar } from './geonode.ts';
export { openGeoServer, openWriteGate } from './geoserver.ts';
export { redisConfigOf } from './redis.ts';
export { openRules, ruleDefaults } from './rules.ts';
export { openStorage, type Storage } from './storage.ts';
export { asWorkerProcess, collectMetrics, openPipelineOf, startRunner } from './workers.ts';
