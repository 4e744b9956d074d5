import { Retry } from '@geosluice/jobs';
import type { StorePort } from './ports.ts';

/** A small file that discovery kept beside the object. @throws Retry where it is gone: a replay writes it again */
export async function readBeside(
  store: StorePort,
  kept: { bucket: string; key: string },
  maxBytes: number,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const found = await store.get(kept, { maxBytes, signal });
  if (found !== null) return found.body;
  const subject = `s3://${kept.bucket}/${kept.key}`;
  throw new Retry('KEPT_FILE_GONE', `${subject} is gone; retry the dataset`, { subject, counterpart: 's3' });
}
