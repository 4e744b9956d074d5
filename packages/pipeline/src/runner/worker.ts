import { type Job as BullJob, type JobJson, Worker } from 'bullmq';

/** A BullMQ worker that knows when its fetch loop last had an answer from Redis. */
export class PollingWorker extends Worker {
  /** performance.now() of the last answer, a job or none. */
  polledAt = performance.now();

  protected override nextJobFromJobData(jobData?: JobJson, jobId?: string, token?: string): Promise<BullJob> {
    this.polledAt = performance.now();
    return super.nextJobFromJobData(jobData, jobId, token);
  }
}
