export { createS3Client, type S3Config } from './client.ts';
export type { ObjectLocation } from './context.ts';
export type { CopyRequest } from './copy.ts';
export { ObjectStoreError, type ObjectStoreErrorCode, type StoreTrouble } from './errors.ts';
export type { ObjectHead, PutOptions, PutResult, SmallObject } from './objects.ts';
export type { PinnedObject } from './reading.ts';
export type { SpoolRequest } from './spool.ts';
export { createObjectStore, type ObjectStore, type ObjectStoreOptions } from './store.ts';
export type { UploadRequest } from './upload.ts';
