/** Who lists: the SDK in a loop, or the stage discover page by page; `fill` is discover, whose ledger is told instead of asked. */
export const WAYS = ['sdk', 'discover'] as const;
export type Way = (typeof WAYS)[number];

/** What a process of the room `listing` is told. */
export interface ListOrder {
  by: Way | 'fill';
  s3: { endpoint: string; region: string; accessKey: string; secretKey: string };
  bucket: string;
  prefix: string;
  /** Where the ledger is that knows every dataset. */
  redisUrl: string;
  ledger: string;
  /** So many there are. */
  keys: number;
}

/** What it took. */
export interface ListedAll {
  keys: number;
  /** Inspections that discover asked for; 0 where the ledger knows all. */
  inspections: number;
  seconds: number;
  /** CPU seconds of the process. */
  cpu: number;
  /** Median bytes in memory while the second fifth of the keys was listed, and the last. */
  rssInSecondFifth: number;
  rssInLastFifth: number;
}
