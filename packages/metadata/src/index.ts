export type { Dialect } from './detect.ts';
export * from './error.ts';
export { fitMetadata, SHORTENED_FIRST } from './fit.ts';
export * from './read-sidecar.ts';
export * from './sniff.ts';
