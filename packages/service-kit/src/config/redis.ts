import { flag, list, optional, secret, text, url } from './setting.ts';

/** `host:port`; an IPv6 address in brackets. */
const SERVER = /^(\[[0-9A-Fa-f:.]+\]|[^\s:/@[\]]+):([1-9]\d{0,4})$/;

export const REDIS = {
  title: 'Redis',
  settings: {
    url: {
      ...optional(
        url(
          'GEOSLUICE_REDIS_URL',
          'One Redis with `maxmemory-policy noeviction`; `rediss://` for TLS, user and password in the URL or beside it.',
          { protocols: ['redis', 'rediss'] },
        ),
      ),
      secret: true,
    },
    sentinels: list(
      'GEOSLUICE_REDIS_SENTINELS',
      'Sentinels as `host:port`, which name the primary; instead of a URL.',
      { item: SERVER, hint: 'must be host:port' },
    ),
    sentinelName: optional(
      text('GEOSLUICE_REDIS_SENTINEL_NAME', 'What the Sentinels call the primary, e.g. `mymaster`.'),
    ),
    sentinelUser: optional(text('GEOSLUICE_REDIS_SENTINEL_USER', 'ACL user of the Sentinels themselves.')),
    sentinelPassword: optional(
      secret('GEOSLUICE_REDIS_SENTINEL_PASSWORD', 'Password of the Sentinels themselves; absent where they have none.'),
    ),
    cluster: list(
      'GEOSLUICE_REDIS_CLUSTER',
      'Nodes of a Redis Cluster as `host:port`, some of which answer; instead of a URL.',
      { item: SERVER, hint: 'must be host:port' },
    ),
    user: optional(text('GEOSLUICE_REDIS_USER', 'ACL user; wins over the URL’s.')),
    password: optional(secret('GEOSLUICE_REDIS_PASSWORD', 'Password; wins over the URL’s.')),
    tls: flag(
      'GEOSLUICE_REDIS_TLS',
      'TLS to Sentinels and cluster nodes, and to what they name; with a URL, `rediss://` says it.',
      false,
    ),
    caFile: optional(
      text('GEOSLUICE_REDIS_CA_FILE', 'File with the certificates (PEM) that TLS trusts; the system’s where absent.'),
    ),
    prefix: text('GEOSLUICE_REDIS_PREFIX', 'Hash tag of all keys; one a deployment.', {
      fallback: 'geosluice',
      pattern: /^[A-Za-z0-9_-]{1,64}$/,
      hint: '1–64 of A-Z a-z 0-9 _ -',
    }),
  },
  check: checkRedisSettings,
};

interface Ways {
  url?: string | undefined;
  sentinels?: readonly string[];
  sentinelName?: string | undefined;
  sentinelUser?: string | undefined;
  sentinelPassword?: string | undefined;
  cluster?: readonly string[];
  user?: string | undefined;
  password?: string | undefined;
  tls?: boolean;
  caFile?: string | undefined;
}

/** Exactly one way to Redis, and nothing that belongs to another way. */
function checkRedisSettings(given: Ways): string[] {
  const sentinels = (given.sentinels ?? []).length > 0;
  const cluster = (given.cluster ?? []).length > 0;
  const ways = [
    given.url === undefined ? null : 'GEOSLUICE_REDIS_URL',
    sentinels ? 'GEOSLUICE_REDIS_SENTINELS' : null,
    cluster ? 'GEOSLUICE_REDIS_CLUSTER' : null,
  ].filter((way) => way !== null);
  if (ways.length === 0) {
    return [
      'GEOSLUICE_REDIS_URL is missing: one Redis by its URL, or GEOSLUICE_REDIS_SENTINELS, or GEOSLUICE_REDIS_CLUSTER',
    ];
  }
  if (ways.length > 1) return [`${ways.join(' and ')} are given; give one way to Redis`];
  const problems: string[] = [];
  if (sentinels && given.sentinelName === undefined) {
    problems.push('GEOSLUICE_REDIS_SENTINEL_NAME is missing, and GEOSLUICE_REDIS_SENTINELS is given');
  }
  if (!sentinels) {
    const { sentinelName: NAME, sentinelUser: USER, sentinelPassword: PASSWORD } = given;
    for (const [name, value] of Object.entries({ NAME, USER, PASSWORD })) {
      if (value === undefined) continue;
      problems.push(`GEOSLUICE_REDIS_SENTINEL_${name} is given, and GEOSLUICE_REDIS_SENTINELS is not`);
    }
  }
  if (given.url !== undefined && given.tls === true && !given.url.startsWith('rediss://')) {
    problems.push('GEOSLUICE_REDIS_TLS is true, and GEOSLUICE_REDIS_URL does not begin with rediss://');
  }
  if (given.caFile !== undefined && given.tls !== true && given.url?.startsWith('rediss://') !== true) {
    problems.push('GEOSLUICE_REDIS_CA_FILE is given, and neither rediss:// nor GEOSLUICE_REDIS_TLS is');
  }
  const password = given.password !== undefined || (given.url !== undefined && passwordIn(given.url));
  if (given.user !== undefined && !password) {
    problems.push('GEOSLUICE_REDIS_USER is given, and GEOSLUICE_REDIS_PASSWORD is not');
  }
  if (given.sentinelUser !== undefined && given.sentinelPassword === undefined) {
    problems.push('GEOSLUICE_REDIS_SENTINEL_USER is given, and GEOSLUICE_REDIS_SENTINEL_PASSWORD is not');
  }
  return problems;
}

function passwordIn(url: string): boolean {
  return URL.canParse(url) && new URL(url).password !== '';
}
