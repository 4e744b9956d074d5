import { choice, flag, list, optional, secret, text, url, whole } from './setting.ts';

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

export const REDIS = {
  title: 'Redis',
  settings: {
    url: {
      ...url(
        'GEOSLUICE_REDIS_URL',
        'Redis with `maxmemory-policy noeviction`; `rediss://` for TLS, user and password in the URL.',
        { protocols: ['redis', 'rediss'] },
      ),
      secret: true,
    },
    prefix: text('GEOSLUICE_REDIS_PREFIX', 'Hash tag of all keys; one a deployment.', {
      fallback: 'geosluice',
      pattern: /^[A-Za-z0-9_-]{1,64}$/,
      hint: '1–64 of A-Z a-z 0-9 _ -',
    }),
  },
};

export const TARGET = {
  title: 'Target bucket (what GeoServer reads)',
  settings: {
    endpoint: optional(url('GEOSLUICE_S3_ENDPOINT', 'Endpoint of MinIO or another S3 server; absent for AWS.')),
    region: text('AWS_REGION', 'Region of the target bucket.', { fallback: 'us-east-1' }),
    accessKeyId: optional(
      text('AWS_ACCESS_KEY_ID', 'Access key; absent for the AWS credential chain (web identity, instance role).'),
    ),
    secretAccessKey: optional(secret('AWS_SECRET_ACCESS_KEY', 'Secret key.')),
    sessionToken: optional(secret('AWS_SESSION_TOKEN', 'Session token of temporary keys.')),
    forcePathStyle: optional(
      flag('GEOSLUICE_S3_FORCE_PATH_STYLE', '`endpoint/bucket/key`; true by default where an endpoint is given.'),
    ),
    bucket: text('GEOSLUICE_S3_BUCKET', 'Bucket the rasters are written to.', {
      pattern: /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/,
      hint: 'an S3 bucket name',
    }),
    prefix: text('GEOSLUICE_S3_PREFIX', 'Everything geosluice writes lies below this prefix.', {
      fallback: 'geosluice',
      pattern: /^[A-Za-z0-9._-]+(\/[A-Za-z0-9._-]+)*$/,
      hint: 'A-Z a-z 0-9 . _ - and / between',
    }),
    partMib: whole('GEOSLUICE_UPLOAD_PART_MIB', 'MiB of an upload’s part; larger files get larger ones.', {
      min: 5,
      max: 5120,
      fallback: 64,
    }),
    partsInFlight: whole(
      'GEOSLUICE_UPLOAD_PARTS_IN_FLIGHT',
      'Parts in flight of one process; memory is this × part size.',
      { min: 1, max: 64, fallback: 4 },
    ),
  },
};

export const SOURCE = {
  title: 'Sources (where files come from)',
  settings: {
    allowBuckets: list('GEOSLUICE_ALLOW_BUCKETS', '`bucket` or `bucket/prefix/` that may be read; nothing else is.'),
    allowHosts: list(
      'GEOSLUICE_ALLOW_HOSTS',
      '`host`, `host:port` or `*.domain` that may be read by https; `http://host` for plain http.',
    ),
    allowRoots: list('GEOSLUICE_ALLOW_ROOTS', 'Absolute directories that may be read as `file:///`.', {
      item: /^\//,
      hint: 'must be absolute directories',
    }),
    endpoint: optional(url('GEOSLUICE_SOURCE_S3_ENDPOINT', 'S3 endpoint of the inbox, where it is not the target’s.')),
    region: optional(text('GEOSLUICE_SOURCE_S3_REGION', 'Region of the inbox, where it is not the target’s.')),
    accessKeyId: optional(
      text('GEOSLUICE_SOURCE_S3_ACCESS_KEY_ID', 'Access key for the inbox, where it is not the target’s.'),
    ),
    secretAccessKey: optional(secret('GEOSLUICE_SOURCE_S3_SECRET_ACCESS_KEY', 'Secret key for the inbox.')),
    settleSeconds: whole(
      'GEOSLUICE_SETTLE_SECONDS',
      'Seconds between the two equal looks by which a `file:///` source settles.',
      { min: 1, max: 3600, fallback: 10 },
    ),
    extensions: list(
      'GEOSLUICE_RASTER_EXTENSIONS',
      'Endings that make a file a raster, in any case; `.tif` and its usual kin where absent.',
      {
        item: /^\.?[A-Za-z0-9]+$/,
        hint: 'must be endings such as .tif',
      },
    ),
    magic: flag('GEOSLUICE_RASTER_MAGIC', 'Also look into files without an ending for a TIFF’s first bytes.', false),
    ignore: list(
      'GEOSLUICE_IGNORE',
      'Further names to ignore, with `*` for anything, besides `.part`, `.tmp`, `._*` and the like.',
    ),
    maxSpoolGib: whole('GEOSLUICE_MAX_SPOOL_GIB', 'GiB of an https body without length or ranges at most.', {
      min: 1,
      max: 5120,
      fallback: 50,
    }),
    compressions: list(
      'GEOSLUICE_EXTRA_COMPRESSIONS',
      'Codes of TIFF tag 259 this GeoServer reads besides the usual ones, e.g. 50000 for ZSTD.',
      { item: /^\d+$/, hint: 'must be whole numbers' },
    ),
  },
};

export const RULES = {
  title: 'Rules (what holds where a request says nothing)',
  settings: {
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

export const GEOSERVER = {
  title: 'GeoServer',
  settings: {
    url: url(
      'GEOSLUICE_GEOSERVER_URL',
      'The primary, which takes all writes, e.g. `http://geoserver-0:8080/geoserver`.',
    ),
    nodes: list(
      'GEOSLUICE_GEOSERVER_NODES',
      'Every node that serves maps, the primary included; only the primary where absent.',
      { item: /^https?:\/\//, hint: 'must be URLs' },
    ),
    publicUrl: optional(url('GEOSLUICE_GEOSERVER_PUBLIC_URL', 'What browsers use; the primary’s where absent.')),
    user: text('GEOSLUICE_GEOSERVER_USER', 'A user who may write the catalog.'),
    password: secret('GEOSLUICE_GEOSERVER_PASSWORD', 'That user’s password.'),
    store: choice('GEOSLUICE_GEOSERVER_STORE', 'Kind of coverage store.', ['s3geotiff', 'cog'], 's3geotiff'),
    alias: optional(
      text(
        'GEOSLUICE_GEOSERVER_S3_ALIAS',
        'Alias in the nodes’ s3.properties, for `alias://bucket/key`; absent for AWS.',
        { pattern: /^[a-z][a-z0-9]*$/, hint: 'lower case letters and digits' },
      ),
    ),
    awsRegion: text('GEOSLUICE_GEOSERVER_AWS_REGION', 'Region as the Java enum names it, for `s3://` without alias.', {
      fallback: 'US_EAST_1',
      pattern: /^[A-Z0-9_]+$/,
      hint: 'e.g. EU_CENTRAL_1',
    }),
    cogBaseUrl: optional(url('GEOSLUICE_GEOSERVER_COG_BASE_URL', 'Read COGs by HTTP below this URL instead of by S3.')),
    writeConcurrency: whole(
      'GEOSLUICE_GEOSERVER_WRITE_CONCURRENCY',
      'Publish jobs at once over all workers; more than 4 only queue in GeoServer.',
      { min: 1, max: 64, fallback: 4 },
    ),
    drawnDeadlineSeconds: whole(
      'GEOSLUICE_GEOSERVER_DRAWN_DEADLINE_SECONDS',
      'Seconds a node may take to draw a new layer.',
      { min: 1, max: 3600, fallback: 60 },
    ),
    writeTimeoutSeconds: whole(
      'GEOSLUICE_GEOSERVER_WRITE_TIMEOUT_SECONDS',
      'Seconds a write may take; an abandoned one may still be done.',
      { min: 1, max: 3600, fallback: 300 },
    ),
  },
};

export const GEONODE = {
  title: 'GeoNode',
  settings: {
    registrar: choice(
      'GEOSLUICE_GEONODE_REGISTRAR',
      'The app’s HTTP endpoint, or its management command.',
      ['http', 'command'],
      'http',
    ),
    url: optional(url('GEOSLUICE_GEONODE_URL', 'GeoNode with the geosluice app, for `http`.')),
    user: optional(text('GEOSLUICE_GEONODE_USER', 'An admin, for `http`.')),
    password: optional(secret('GEOSLUICE_GEONODE_PASSWORD', 'That admin’s password.')),
    token: optional(secret('GEOSLUICE_GEONODE_TOKEN', 'A bearer token instead of user and password.')),
    command: list(
      'GEOSLUICE_GEONODE_COMMAND',
      'The command and its arguments, for `command`, e.g. `python,manage.py,geosluice_register`.',
    ),
    batchSize: whole('GEOSLUICE_GEONODE_BATCH_SIZE', 'Datasets a request.', { min: 1, max: 100, fallback: 20 }),
    batchWaitMs: whole('GEOSLUICE_GEONODE_BATCH_WAIT_MS', 'Milliseconds a batch waits for more.', {
      min: 0,
      max: 10_000,
      fallback: 100,
    }),
    writeConcurrency: whole('GEOSLUICE_GEONODE_WRITE_CONCURRENCY', 'Register jobs at once over all workers.', {
      min: 1,
      max: 1000,
      fallback: 40,
    }),
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
    discoverConcurrency: whole('GEOSLUICE_DISCOVER_CONCURRENCY', 'Discover jobs at once in one process.', {
      min: 1,
      max: 256,
      fallback: 8,
    }),
    uploadConcurrency: whole(
      'GEOSLUICE_UPLOAD_CONCURRENCY',
      'Upload jobs at once in one process; they share the parts in flight.',
      { min: 1, max: 256, fallback: 4 },
    ),
    publishConcurrency: whole('GEOSLUICE_PUBLISH_CONCURRENCY', 'Publish jobs at once in one process.', {
      min: 1,
      max: 64,
      fallback: 4,
    }),
    registerConcurrency: whole(
      'GEOSLUICE_REGISTER_CONCURRENCY',
      'Register jobs at once in one process; they are sent in batches.',
      { min: 1, max: 256, fallback: 20 },
    ),
    sweepSeconds: whole('GEOSLUICE_SWEEP_SECONDS', 'Seconds between two sweeps for datasets without a job.', {
      min: 1,
      max: 86_400,
      fallback: 60,
    }),
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

export const ALL_SECTIONS = { PROCESS, REDIS, TARGET, SOURCE, RULES, GEOSERVER, GEONODE, WORKER, GATEWAY, CLIENT };

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
} as const;
