export type { Answer } from './answer.ts';
export { WireError } from './error.ts';
export { createS3Wire, type S3Wire, type WireOptions, type WireRequest, type WireStats } from './wire.ts';
