import { globSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname } from 'node:path';

/** The repository's folder. */
export const ROOT = dirname(import.meta.dirname);

export interface Suite {
  name: string;
  title: string;
  files(): string[];
  /** Test files at once; those with servers of their own share two cores. */
  concurrency: number;
  /** Milliseconds one test file may take. */
  timeoutMs: number;
  /** Only where it is asked for by name. */
  apart?: true;
}

const everywhere = '{packages,services,test,scripts,docker,charts}/**/*.test.ts';
/** Every test file of the work tree. */
export const allTests = (): string[] =>
  globSync(everywhere, { cwd: ROOT, exclude: (name) => name.includes('node_modules') }).sort();
const matching = (pattern: RegExp) => () => allTests().filter((file) => pattern.test(file));

/** Where a real GeoServer is named, end to end is every contract case, the client's among them, and nothing else. */
export const contractOnly = (process.env.GEOSLUICE_TEST_GEOSERVER_URL ?? '') !== '';
const endToEnd = contractOnly ? /(\.e2e|geoserver\/client\.integration)\.test\.ts$/ : /\.e2e\.test\.ts$/;

/** In the order they run in. */
export const SUITES: Suite[] = [
  {
    name: 'unit',
    title: 'unit tests',
    files: () =>
      allTests().filter((file) => !/\.(integration|geonode|e2e|images|kubernetes|keda)\.test\.ts$/.test(file)),
    concurrency: availableParallelism(),
    timeoutMs: 120_000,
  },
  {
    name: 'integration',
    title: 'tests with real Redis and S3 servers',
    files: matching(/\.integration\.test\.ts$/),
    concurrency: 2,
    timeoutMs: 600_000,
  },
  {
    name: 'geonode',
    title: 'tests inside a real GeoNode',
    files: matching(/\.geonode\.test\.ts$/),
    concurrency: 1,
    timeoutMs: 1_500_000,
  },
  { name: 'e2e', title: 'end to end', files: matching(endToEnd), concurrency: 1, timeoutMs: 1_500_000 },
  {
    name: 'images',
    title: 'images, built and run',
    files: matching(/\.images\.test\.ts$/),
    concurrency: 1,
    timeoutMs: 1_500_000,
  },
  {
    name: 'kubernetes',
    title: 'charts, and clusters with them',
    files: matching(/\.kubernetes\.test\.ts$/),
    // they wait more than they work: each cluster has addresses of its own, so that two stand beside each other
    concurrency: 2,
    timeoutMs: 1_500_000,
  },
  {
    name: 'keda',
    title: 'scaling by KEDA itself',
    files: matching(/\.keda\.test\.ts$/),
    concurrency: 1,
    timeoutMs: 3_000_000,
    apart: true,
  },
];
