import { choice, flag, list, optional, secret, text, url, whole } from './setting.ts';
import { checkUploadSettings, UPLOAD_SETTINGS } from './upload.ts';

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
    replacedGraceHours: whole(
      'GEOSLUICE_REPLACED_GRACE_HOURS',
      'Hours the object of a replaced content, or the layer that a moved dataset left, stays once every node shows the new one.',
      { min: 0, max: 8_760, fallback: 24 },
    ),
    ...UPLOAD_SETTINGS,
  },
  check: checkUploadSettings,
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

export const GEOSERVER = {
  title: 'GeoServer',
  settings: {
    url: url(
      'GEOSLUICE_GEOSERVER_URL',
      'The primary, which takes all writes, e.g. `http://geoserver-0:8080/geoserver`.',
    ),
    nodes: list(
      'GEOSLUICE_GEOSERVER_NODES',
      'Every node that serves maps, the primary included; only the primary where absent. `dns+http://name:8080/geoserver` stands for every address the name has now.',
      {
        item: /^(https?|dns\+http):\/\/[^\s/]+/,
        hint: 'must be URLs, or dns+http:// with a name that has one address a node',
      },
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
      'Writes GeoServer is sent at once over all workers, at most; how many are worth it is found out while running.',
      { min: 1, max: 64, fallback: 4 },
    ),
    drawnDeadlineSeconds: whole(
      'GEOSLUICE_GEOSERVER_DRAWN_DEADLINE_SECONDS',
      'Seconds a node may take to draw a new layer, or to drop one that is removed.',
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
      'The app’s HTTP endpoint, its management command, or a GeoNode without the app (slower).',
      ['http', 'command', 'stock'],
      'http',
    ),
    url: optional(url('GEOSLUICE_GEONODE_URL', 'GeoNode, for `http` and `stock`.')),
    user: optional(text('GEOSLUICE_GEONODE_USER', 'An admin, for `http` and `stock`.')),
    password: optional(secret('GEOSLUICE_GEONODE_PASSWORD', 'That admin’s password.')),
    token: optional(secret('GEOSLUICE_GEONODE_TOKEN', 'A bearer token instead of user and password.')),
    command: list(
      'GEOSLUICE_GEONODE_COMMAND',
      'The command and its arguments, for `command`, e.g. `python,manage.py,geosluice_register`.',
    ),
    batchSize: whole('GEOSLUICE_GEONODE_BATCH_SIZE', 'Datasets a request.', { min: 1, max: 100, fallback: 50 }),
    batchWaitMs: whole('GEOSLUICE_GEONODE_BATCH_WAIT_MS', 'Milliseconds a batch waits for more.', {
      min: 0,
      max: 10_000,
      fallback: 100,
    }),
    writeConcurrency: whole('GEOSLUICE_GEONODE_WRITE_CONCURRENCY', 'Register jobs at once over all workers.', {
      min: 1,
      max: 1000,
      fallback: 200,
    }),
  },
};
