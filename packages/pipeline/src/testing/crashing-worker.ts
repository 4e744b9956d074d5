import { Reject } from '@geosluice/jobs';
import { openPipeline } from '../pipeline.ts';
import { runStage } from '../runner/run-stage.ts';
import { OBJECT } from './samples.ts';

/** A worker of `upload` that kills itself at a named point, or as soon as its stage is called. */
const [, , redisUrl = '', prefix = '', point = ''] = process.argv;

const die = (): void => {
  process.kill(process.pid, 'SIGKILL');
};
const pipeline = await openPipeline({ redisUrl, prefix });
await runStage({
  ...{ pipeline, stage: 'upload', concurrency: 1, lockDurationMs: 1_000 },
  async run(job) {
    if (point === 'called') {
      die();
      await new Promise(() => {});
    }
    if (point === 'dead') throw new Reject('SOURCE_GONE', 'the file is gone');
    if (job.kind === 'remove') return { kind: 'done' };
    const next = { ...job, stage: 'publish' as const, object: OBJECT };
    return { kind: 'next', jobs: [next], record: { object: OBJECT } };
  },
  probe: (reached) => {
    if (reached !== point) return;
    die();
    // SIGKILL comes from outside of this thread: nothing more may be done here
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  },
});
