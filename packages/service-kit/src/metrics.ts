import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** What the engine of uploads tells of itself; cumulative numbers are since the process began. */
export interface UploadNumbers {
  /** Bytes. */
  buffers: { lent: number; kept: number; highest: number };
  partsInFlight: { allowed: number; active: number };
  bytesSent: number;
  bytesCopied: number;
  resumedBytes: number;
  slowDowns: number;
  retries: number;
}

/** Writes to GeoServer: so many at one time over all workers, and those of this one. */
export interface WriteNumbers {
  allowed: number;
  active: number;
}

/** Every metric of the project, in one place: dashboards and alerts rely on these names. */
export function createMetrics() {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  let readUploads: () => UploadNumbers | null = () => null;
  let readWrites: () => WriteNumbers | null = () => null;
  return {
    registry,
    /** From where the metrics of uploads are read whenever somebody asks. */
    uploadsFrom(read: () => UploadNumbers): void {
      readUploads = read;
    },
    /** And those of writes to GeoServer. */
    writesFrom(read: () => WriteNumbers): void {
      readWrites = read;
    },
    runs: new Counter({
      name: 'geosluice_runs_total',
      help: 'Runs of jobs, by how they ended.',
      labelNames: ['stage', 'outcome'],
      registers,
    }),
    runSeconds: new Histogram({
      name: 'geosluice_run_seconds',
      help: 'How long one run of a stage took.',
      labelNames: ['stage', 'kind'],
      buckets: [0.01, 0.05, 0.1, 0.5, 1, 5, 15, 60, 300, 1800],
      registers,
    }),
    retries: new Counter({
      name: 'geosluice_retries_total',
      help: 'Failed attempts that another follows.',
      labelNames: ['stage', 'code'],
      registers,
    }),
    dead: new Counter({
      name: 'geosluice_dead_letters_total',
      help: 'Datasets that became dead letters.',
      labelNames: ['stage', 'code'],
      registers,
    }),
    holds: new Counter({
      name: 'geosluice_holds_total',
      help: 'Times a queue was held because its counterpart was down.',
      labelNames: ['stage', 'counterpart'],
      registers,
    }),
    stalled: new Counter({
      name: 'geosluice_stalled_jobs_total',
      help: 'Jobs whose worker died or lost its lock.',
      labelNames: ['stage'],
      registers,
    }),
    queueJobs: new Gauge({
      name: 'geosluice_queue_jobs',
      help: 'Jobs in a queue, by state.',
      labelNames: ['stage', 'state'],
      registers,
    }),
    queueBacklog: new Gauge({
      name: 'geosluice_queue_backlog',
      help: 'Jobs that call for workers: waiting, due and active; only the active ones while the queue is held or paused.',
      labelNames: ['stage'],
      registers,
    }),
    queueHeld: new Gauge({
      name: 'geosluice_queue_held_seconds',
      help: 'Seconds until a held queue is tried again.',
      labelNames: ['stage'],
      registers,
    }),
    queuePaused: new Gauge({
      name: 'geosluice_queue_paused',
      help: '1 where somebody paused a queue: what waits there is no backlog.',
      labelNames: ['stage'],
      registers,
    }),
    datasets: new Gauge({
      name: 'geosluice_datasets',
      help: 'Datasets in the ledger, by state.',
      labelNames: ['state'],
      registers,
    }),
    ruleFiles: new Gauge({
      name: 'geosluice_rule_files',
      help: 'Files of rules that take layers away: `watched` in all, and `gone` from their source, those whose layers went within the last day among them.',
      labelNames: ['rule', 'state'],
      registers,
    }),
    uploadBytes: new Counter({
      name: 'geosluice_upload_bytes_total',
      help: 'Bytes that came to the target bucket: through this process (`through-us`), or copied by the store (`server-side`).',
      labelNames: ['way'],
      registers,
      collect() {
        const { bytesSent = 0, bytesCopied = 0 } = readUploads() ?? {};
        this.reset();
        this.inc({ way: 'through-us' }, bytesSent);
        this.inc({ way: 'server-side' }, bytesCopied);
      },
    }),
    uploadResumed: new Counter({
      name: 'geosluice_upload_resumed_bytes_total',
      help: 'Bytes that were not sent again, since an earlier run had sent them.',
      registers,
      collect() {
        this.reset();
        this.inc(readUploads()?.resumedBytes ?? 0);
      },
    }),
    uploadSlowDowns: new Counter({
      name: 'geosluice_upload_slowdowns_total',
      help: 'Answers of the store that asked to slow down; each halves the parts in flight.',
      registers,
      collect() {
        this.reset();
        this.inc(readUploads()?.slowDowns ?? 0);
      },
    }),
    uploadRetries: new Counter({
      name: 'geosluice_upload_request_retries_total',
      help: 'Requests with bytes of files that were made again within one run.',
      registers,
      collect() {
        this.reset();
        this.inc(readUploads()?.retries ?? 0);
      },
    }),
    uploadPartsInFlight: new Gauge({
      name: 'geosluice_upload_parts_in_flight',
      help: 'Parts in flight: `active` now, and `allowed` by what was found out while running.',
      labelNames: ['state'],
      registers,
      collect() {
        const numbers = readUploads();
        if (numbers === null) return;
        this.set({ state: 'active' }, numbers.partsInFlight.active);
        this.set({ state: 'allowed' }, numbers.partsInFlight.allowed);
      },
    }),
    uploadBufferBytes: new Gauge({
      name: 'geosluice_upload_buffer_bytes',
      help: 'Bytes of the buffers of uploads: `lent` to parts now, `kept` in all, `highest` that were kept so far.',
      labelNames: ['state'],
      registers,
      collect() {
        const numbers = readUploads();
        if (numbers === null) return;
        for (const [state, bytes] of Object.entries(numbers.buffers)) this.set({ state }, bytes);
      },
    }),
    geoserverWrites: new Gauge({
      name: 'geosluice_geoserver_writes_in_flight',
      help: 'Writes to GeoServer: `active` from this process now, and `allowed` over all workers by what was found out while running.',
      labelNames: ['state'],
      registers,
      collect() {
        const numbers = readWrites();
        if (numbers === null) return;
        this.set({ state: 'active' }, numbers.active);
        this.set({ state: 'allowed' }, numbers.allowed);
      },
    }),
    requestSeconds: new Histogram({
      name: 'geosluice_http_request_seconds',
      help: 'How long the gateway took to answer, by the pattern of the route; event streams left out.',
      labelNames: ['method', 'route', 'status'],
      buckets: [0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 15, 60],
      registers,
    }),
    notifications: new Counter({
      name: 'geosluice_notifications_total',
      help: 'What came of object store notifications: rasters hinted at, events ignored.',
      labelNames: ['outcome'],
      registers,
    }),
    followers: new Gauge({
      name: 'geosluice_event_followers',
      help: 'Connections that follow the events of this gateway.',
      registers,
    }),
    lastPolled: new Gauge({
      name: 'geosluice_worker_last_polled_seconds',
      help: 'Seconds since the worker last asked for jobs.',
      labelNames: ['stage'],
      registers,
    }),
  };
}

export type Metrics = ReturnType<typeof createMetrics>;
