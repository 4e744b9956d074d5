import { GEONODE, GEOSERVER, SOURCE, TARGET } from './counterparts.ts';
import { REDIS } from './redis.ts';
import { choice, list, optional, secret, text, url, whole } from './setting.ts';

export { GEONODE, GEOSERVER, REDIS, SOURCE, TARGET };

export const PROCESS = {
  title: 'Every process',
  settings: {
    logLevel: choice('GEOSLUICE_LOG_LEVEL', 'What is logged.', ['debug', 'info', 'warn', 'error', 'silent'], 'info'),
    logFormat: choice(
      'GEOSLUICE_LOG_FORMAT',
      'One JSON object a line, or lines for people.',
      ['json', 'pretty'],
      'json',
    ),
    healthHost: text('GEOSLUICE_HEALTH_HOST', 'Address of a worker’s health and metrics server.', {
      fallback: '0.0.0.0',
    }),
    healthPort: whole('GEOSLUICE_HEALTH_PORT', 'Port of a worker’s health and metrics server; 0 takes a free one.', {
      min: 0,
      max: 65_535,
      fallback: 9464,
    }),
    graceSeconds: whole(
      'GEOSLUICE_SHUTDOWN_GRACE_SECONDS',
      'Seconds a process gets to hand its work back after SIGTERM.',
      { min: 1, max: 600, fallback: 20 },
    ),
  },
};

export const RULES = {
  title: 'Rules (what holds where a request says nothing)',
  settings: {
    file: optional(
      text(
        'GEOSLUICE_RULES_FILE',
        'A YAML file of rules by source, read at start: docs/rules.md. What follows holds where no rule says anything.',
      ),
    ),
    workspace: text('GEOSLUICE_WORKSPACE', 'GeoServer workspace; created where it is not there.', {
      fallback: 'geosluice',
      pattern: /^[A-Za-z_][A-Za-z0-9_.-]{0,59}$/,
      hint: 'an NCName',
    }),
    storage: choice(
      'GEOSLUICE_STORAGE',
      'Copy rasters to the target bucket, or serve them where they lie.',
      ['copy', 'in-place'],
      'copy',
    ),
    inPlaceBuckets: list(
      'GEOSLUICE_IN_PLACE_BUCKETS',
      'Buckets of the target’s endpoint that GeoServer reads, for `in-place`.',
    ),
    after: choice(
      'GEOSLUICE_AFTER',
      'What becomes of the file in the inbox once it is registered.',
      ['keep', 'delete', 'tag'],
      'keep',
    ),
    metadata: choice(
      'GEOSLUICE_METADATA',
      'Whether a readable sidecar is needed.',
      ['optional', 'required'],
      'optional',
    ),
    metadataGraceSeconds: whole('GEOSLUICE_METADATA_GRACE_SECONDS', 'Seconds a required sidecar is waited for.', {
      min: 0,
      max: 604_800,
      fallback: 600,
    }),
    language: optional(
      text('GEOSLUICE_LANGUAGE', 'Preferred language of titles and abstracts.', {
        pattern: /^[a-z]{2,3}$/,
        hint: 'two or three letters',
      }),
    ),
    owner: optional(text('GEOSLUICE_OWNER', 'GeoNode user who owns new datasets; the registering user where absent.')),
    group: optional(text('GEOSLUICE_GROUP', 'GeoNode group of new datasets.')),
    permissions: choice('GEOSLUICE_PERMISSIONS', 'Who may see and download.', ['public', 'owner', 'group'], 'public'),
  },
};

export const WORKER = {
  title: 'Workers',
  settings: {
    attempts: whole('GEOSLUICE_ATTEMPTS', 'Runs of one job before it becomes a dead letter.', {
      min: 1,
      max: 100,
      fallback: 8,
    }),
    backoffMs: whole('GEOSLUICE_BACKOFF_MS', 'Milliseconds of the first back-off; it doubles, with jitter.', {
      min: 10,
      max: 600_000,
      fallback: 1000,
    }),
    backoffMaxMs: whole('GEOSLUICE_BACKOFF_MAX_MS', 'Milliseconds of the longest back-off.', {
      min: 10,
      max: 3_600_000,
      fallback: 300_000,
    }),
    holdMs: whole('GEOSLUICE_HOLD_MS', 'Milliseconds a queue rests first when its counterpart is down; it doubles.', {
      min: 10,
      max: 600_000,
      fallback: 5000,
    }),
    holdMaxMs: whole('GEOSLUICE_HOLD_MAX_MS', 'Milliseconds a queue rests at most.', {
      min: 10,
      max: 3_600_000,
      fallback: 60_000,
    }),
    lockSeconds: whole(
      'GEOSLUICE_LOCK_SECONDS',
      'Seconds after which the job of a silent worker is given to another.',
      { min: 1, max: 600, fallback: 30 },
    ),
    maxCrashes: whole('GEOSLUICE_MAX_CRASHES', 'Workers that may die over one job before it becomes a dead letter.', {
      min: 1,
      max: 100,
      fallback: 5,
    }),
    maxBacklog: whole(
      'GEOSLUICE_MAX_BACKLOG',
      'Jobs waiting over all stages above which discover takes in no further page of a listing.',
      { min: 1, max: 1_000_000, fallback: 20_000 },
    ),
    discoverConcurrency: whole('GEOSLUICE_DISCOVER_CONCURRENCY', 'Discover jobs at once in one process.', {
      min: 1,
      max: 256,
      fallback: 8,
    }),
    uploadConcurrency: whole(
      'GEOSLUICE_UPLOAD_CONCURRENCY',
      'Upload jobs at once in one process; they share the parts in flight.',
      { min: 1, max: 256, fallback: 8 },
    ),
    publishConcurrency: whole(
      'GEOSLUICE_PUBLISH_CONCURRENCY',
      'Publish jobs at once in one process; most of them wait until every node has drawn.',
      { min: 1, max: 256, fallback: 64 },
    ),
    registerConcurrency: whole(
      'GEOSLUICE_REGISTER_CONCURRENCY',
      'Register jobs at once in one process; they are sent in batches.',
      { min: 1, max: 256, fallback: 100 },
    ),
    sweepSeconds: whole(
      'GEOSLUICE_SWEEP_SECONDS',
      'Seconds between two sweeps for datasets without a job, and for layers that moved datasets left.',
      { min: 1, max: 86_400, fallback: 60 },
    ),
    sweepAgeSeconds: whole(
      'GEOSLUICE_SWEEP_AGE_SECONDS',
      'Seconds a dataset must have been still before the sweep looks at it.',
      { min: 1, max: 86_400, fallback: 120 },
    ),
  },
};

export const GATEWAY = {
  title: 'Gateway',
  settings: {
    host: text('GEOSLUICE_GATEWAY_HOST', 'Address the gateway listens on.', { fallback: '0.0.0.0' }),
    port: whole('GEOSLUICE_GATEWAY_PORT', 'Port the gateway listens on.', { min: 0, max: 65_535, fallback: 8080 }),
    keys: list('GEOSLUICE_KEYS', 'API keys as `name:scope+scope:sha256-of-the-key` with scopes read, ingest, admin.', {
      secret: true,
      item: /^[A-Za-z0-9_-]{1,64}:(read|ingest|admin)(\+(read|ingest|admin))*:[0-9a-f]{64}$/,
      hint: 'must be name:scope+scope:sha256 (64 hex digits; `printf %s "$KEY" | sha256sum`)',
    }),
    eventsToken: optional(
      secret('GEOSLUICE_EVENTS_TOKEN', 'Token that S3 event notifications carry, besides keys with scope ingest.'),
    ),
    bodyLimitKib: whole('GEOSLUICE_BODY_LIMIT_KIB', 'KiB of a request’s body at most.', {
      min: 1,
      max: 16_384,
      fallback: 1024,
    }),
    watches: optional(
      text('GEOSLUICE_WATCHES', 'Watches put at start, as JSON: `[{"id","source","intervalSeconds","options"}]`.'),
    ),
  },
};

/** What Kubernetes mounts into a pod whose ServiceAccount has a token. */
const SERVICE_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';

export const EXTERNAL_METRICS = {
  title: 'External metrics',
  settings: {
    host: text('GEOSLUICE_EXTERNAL_METRICS_HOST', 'Address the metrics API listens on.', { fallback: '0.0.0.0' }),
    port: whole('GEOSLUICE_EXTERNAL_METRICS_PORT', 'Port the metrics API listens on, with TLS; 0 takes a free one.', {
      min: 0,
      max: 65_535,
      fallback: 6443,
    }),
    certFile: text(
      'GEOSLUICE_EXTERNAL_METRICS_CERT_FILE',
      'Certificate (PEM, with its chain) of the metrics API; read again when it changes.',
      { fallback: '/etc/geosluice/tls/tls.crt' },
    ),
    keyFile: text('GEOSLUICE_EXTERNAL_METRICS_KEY_FILE', 'Private key (PEM) of that certificate.', {
      fallback: '/etc/geosluice/tls/tls.key',
    }),
    namespaces: list(
      'GEOSLUICE_EXTERNAL_METRICS_NAMESPACES',
      'Namespaces whose autoscalers are answered; the pod’s own where absent.',
      { item: /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, hint: 'must be names of namespaces' },
    ),
    apiServer: optional(
      url(
        'GEOSLUICE_EXTERNAL_METRICS_API_SERVER',
        'Kubernetes’ API server; KUBERNETES_SERVICE_HOST and _PORT where absent.',
        { protocols: ['https'] },
      ),
    ),
    apiCaFile: text(
      'GEOSLUICE_EXTERNAL_METRICS_API_CA_FILE',
      'File with the certificates the API server is trusted by.',
      {
        fallback: `${SERVICE_ACCOUNT}/ca.crt`,
      },
    ),
    tokenFile: text(
      'GEOSLUICE_EXTERNAL_METRICS_TOKEN_FILE',
      'File with the ServiceAccount’s token; read at each call.',
      {
        fallback: `${SERVICE_ACCOUNT}/token`,
      },
    ),
    namespaceFile: text('GEOSLUICE_EXTERNAL_METRICS_NAMESPACE_FILE', 'File that names the pod’s own namespace.', {
      fallback: `${SERVICE_ACCOUNT}/namespace`,
    }),
  },
};

export const CLIENT = {
  title: 'Command line',
  settings: {
    url: url('GEOSLUICE_URL', 'The gateway.', { fallback: 'http://127.0.0.1:8080' }),
    key: optional(secret('GEOSLUICE_KEY', 'A key of the gateway.')),
    machine: optional(
      text(
        'GEOSLUICE_MACHINE',
        'Name of this machine in the keys of uploaded files; its host name where absent. Set it in containers.',
        {
          pattern: /^[A-Za-z0-9._-]{1,64}$/,
          hint: '1–64 of A-Z a-z 0-9 . _ -',
        },
      ),
    ),
    inbox: optional(
      text('GEOSLUICE_INBOX', 'Prefix that local files are uploaded to, e.g. `s3://inbox/cli/`.', {
        pattern: /^s3:\/\/[^/]+\/(.+\/)?$/,
        hint: 's3://bucket/prefix/',
      }),
    ),
  },
};

export const ALL_SECTIONS = {
  PROCESS,
  REDIS,
  TARGET,
  SOURCE,
  RULES,
  GEOSERVER,
  GEONODE,
  WORKER,
  GATEWAY,
  EXTERNAL_METRICS,
  CLIENT,
};

/** Which sections each process reads. */
export const PROCESSES = {
  gateway: { process: PROCESS, redis: REDIS, target: TARGET, source: SOURCE, rules: RULES, gateway: GATEWAY },
  discover: { process: PROCESS, redis: REDIS, target: TARGET, source: SOURCE, rules: RULES, worker: WORKER },
  upload: { process: PROCESS, redis: REDIS, target: TARGET, source: SOURCE, rules: RULES, worker: WORKER },
  publish: {
    process: PROCESS,
    redis: REDIS,
    target: TARGET,
    source: SOURCE,
    rules: RULES,
    geoserver: GEOSERVER,
    worker: WORKER,
  },
  register: {
    process: PROCESS,
    redis: REDIS,
    target: TARGET,
    source: SOURCE,
    rules: RULES,
    geonode: GEONODE,
    worker: WORKER,
  },
  'external-metrics': { process: PROCESS, redis: REDIS, externalMetrics: EXTERNAL_METRICS },
} as const;
