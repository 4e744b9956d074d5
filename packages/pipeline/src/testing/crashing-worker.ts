import { Reject, type Stage } from '@geosluice/jobs';
import { internalsOf } from '../internals.ts';
import { openPipeline } from '../pipeline.ts';
import { runStage } from '../runner/run-stage.ts';
import { sharedUpload } from './model-share.ts';
import { OBJECT } from './samples.ts';

/**
 * A worker of `upload` that kills itself at a named point, or as soon as its stage is called. With a kind of job as the
 * fourth argument, uploads are shared, and only a job of that kind is deadly.
 */
const [, , redisUrl = '', prefix = '', point = '', shared = ''] = process.argv;

const die = (): void => {
  process.kill(process.pid, 'SIGKILL');
};
const pipeline = await openPipeline({ redisUrl, prefix });
let running = '';
const alone: Stage<'upload'> = async (job) => {
  if (point === 'dead') throw new Reject('SOURCE_GONE', 'the file is gone');
  if (job.kind !== 'add') return { kind: 'done' };
  const next = { ...job, stage: 'publish' as const, object: OBJECT };
  return { kind: 'next', jobs: [next], record: { object: OBJECT } };
};
const stage = shared === '' ? alone : sharedUpload(internalsOf(pipeline), 60_000);
await runStage({
  ...{ pipeline, stage: 'upload', concurrency: 1, lockDurationMs: 1_000 },
  async run(job, context) {
    running = job.kind;
    if (point === 'called' && (shared === '' || shared === running)) {
      die();
      await new Promise(() => {});
    }
    if (shared === running && point === 'dead') throw new Reject('SOURCE_GONE', 'the file is gone');
    return await stage(job, context);
  },
  probe: (reached) => {
    if (reached !== point || (shared !== '' && shared !== running)) return;
    die();
    // SIGKILL comes from outside of this thread: nothing more may be done here
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  },
});
