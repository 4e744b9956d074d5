import type { RasterFacts, UploadJob } from '@geosluice/jobs';
import { exampleJobs } from '../../../jobs/src/testing/example-jobs.ts';

const example = exampleJobs().find((job): job is UploadJob => job.stage === 'upload' && job.kind === 'add')!;

/** Header facts of a small DEM of so many bytes, for the stages' own tests. */
export function exampleFacts(size: number): RasterFacts {
  return { ...example.facts, size, nodata: null, warnings: [] };
}
