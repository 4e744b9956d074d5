import type { Order } from '../order.ts';

/** As they are meant to be used. */
export const RIVALS = ['s5cmd', 'crt', 'minio-go', 'boto3', 'rclone', 'lib-storage'] as const;
/** A rival in a form that its library does not take by itself: shown beside the others, no goal is about it. */
export const VARIANTS = ['minio-go-crc'] as const;
/** `copy-object` is one bare request, what a copy inside of a store is measured by. */
export const CLIENTS = ['ours', ...RIVALS, ...VARIANTS, 'copy-object'] as const;
export type ClientName = (typeof CLIENTS)[number];

/** A process to be measured. */
export interface Command {
  command: string;
  args: readonly string[];
  env?: Record<string, string>;
}

export interface Client {
  name: ClientName;
  /** Version and settings, for those who read the results. */
  about: string;
  /** The command that fulfils an order, which lies as JSON at `orderPath`. */
  command(order: Order, orderPath: string): Command;
}
