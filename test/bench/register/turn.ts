import type { Request } from './geoserver.ts';

/**
 * Who registers: our app, and GeoNode's own ways. Where GeoServer does not list a layer's coverage, GeoNode does less: it leaves out
 * styles and what GeoServer knows of it. That is the cheapest stock.
 */
export const WAYS = ['ours', 'create + update', 'create + update, unlisted', 'updatelayers'] as const;
export type Way = (typeof WAYS)[number];
export type StockWay = Exclude<Way, 'ours'>;
export const STOCK_WAYS: readonly StockWay[] = ['create + update', 'create + update, unlisted', 'updatelayers'];

/** What one way took for its datasets of one round. */
export interface Turn {
  way: Way;
  /** Datasets that were there when the bench began at this size. */
  size: number;
  /** From 1. */
  round: number;
  /** Datasets it registered. */
  count: number;
  /** CPU seconds, user and system, of the process that has GeoNode, with its children. */
  django: number;
  /** The same of PostgreSQL with all its processes. */
  postgres: number;
  /** Seconds. */
  wall: number;
  /** What GeoServer was asked meanwhile. */
  requests: Request[];
}
