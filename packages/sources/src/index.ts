export { type Allowed, type AllowList, contains, readAllowList } from './allow.ts';
export { SourceError, type SourceErrorCode } from './errors.ts';
export { decodeS3Events, type S3Event } from './events.ts';
export { looksLikeTiff, MAGIC_BYTES } from './magic.ts';
export { DEFAULT_RULES, isRasterName, type NameRules, RASTER_EXTENSIONS } from './names.ts';
export type {
  Candidate,
  ListOptions,
  ListPage,
  ReadOptions,
  Sidecar,
  SidecarRole,
  Skipped,
  SkipReason,
  Source,
  SourceFile,
  SourceStream,
} from './source.ts';
export { SKIP_REASONS } from './source.ts';
export { openSources, type Sources, type SourcesOptions } from './sources.ts';
