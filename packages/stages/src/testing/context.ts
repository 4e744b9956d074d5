import { SILENT, type StageContext } from '@geosluice/jobs';

/** A stage context for tests; `adopted` holds the generation an inspect job took. */
export function testContext(over: Partial<StageContext> = {}): StageContext & { adopted: number | undefined } {
  const context: StageContext & { adopted: number | undefined } = {
    signal: new AbortController().signal,
    log: SILENT,
    jobId: 'job-1',
    attempt: 1,
    first: true,
    now: () => new Date('2026-11-01T00:00:00Z'),
    adopted: undefined,
    adopt(generation) {
      context.adopted = generation;
    },
    fence: async () => {},
    progress() {},
    ...over,
  };
  return context;
}
