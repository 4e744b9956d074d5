import type { LedgerEvent } from '@geosluice/pipeline';
import { bytes, bytesOf } from './output.ts';

/** All uploads under way, as one picture. */
export interface UploadPicture {
  count: number;
  /** Bytes of all of them together. */
  done: number;
  total: number;
  /** Bytes a second; null until there is something to measure. */
  rate: number | null;
  /** The largest of them; null where only small files come and go. */
  foremost: { dataset: string; done: number; total: number } | null;
}

export interface Uploads {
  take(event: Omit<LedgerEvent, 'id' | 'at'>): void;
  /** Null where nothing is under way. */
  picture(): UploadPicture | null;
}

/** Parts of 16 MiB over a slow link arrive seconds apart. */
const WINDOW_MS = 30_000;
/** Workers that share a file tell what each of them saw last: for so long less than what is known is old news. */
const INTERLEAVED_MS = 5_000;

/** Small files come and go between two looks: they are told of until none came for so long. */
const QUIET_MS = 5_000;

/** Keeps count of uploads by the events of the ledger. @param now milliseconds that only go forward */
export function createUploads(now: () => number): Uploads {
  const known = new Set<string>();
  /** Seen from its begin: all of it was sent while we looked. */
  const begun = new Set<string>();
  const under = new Map<string, { done: number; total: number; at: number }>();
  let sent: Array<{ at: number; bytes: number }> = [];
  let since: number | null = null;

  const progress = (dataset: string, done: number, total: number): void => {
    const at = now();
    since ??= at;
    const before = under.get(dataset);
    if (before !== undefined && before.total === total && done < before.done && at - before.at < INTERLEAVED_MS) return;
    const base = before?.total === total ? before.done : begun.has(dataset) ? 0 : done;
    begun.delete(dataset);
    if (done > base) sent.push({ at, bytes: done - base });
    if (done < total) under.set(dataset, { done, total, at });
    else under.delete(dataset);
  };

  return {
    take({ type, dataset, state, stage, done, total }) {
      if (dataset === undefined) return;
      if (type === 'progress') {
        if (stage === 'upload' && done !== undefined && total !== undefined) progress(dataset, done, total);
      } else if (type === 'state') {
        if (state !== 'uploading') under.delete(dataset);
        if (state === 'uploading' && !known.has(dataset)) begun.add(dataset);
        else begun.delete(dataset);
      }
      known.add(dataset);
    },
    picture() {
      if (since === null) return null;
      const begin = Math.max(since, now() - WINDOW_MS);
      sent = sent.filter(({ at }) => at >= begin);
      if (under.size === 0 && now() - (sent.at(-1)?.at ?? Number.NEGATIVE_INFINITY) > QUIET_MS) return null;
      const seconds = (now() - begin) / 1000;
      const all = [...under].map(([dataset, { done, total }]) => ({ dataset, done, total }));
      return {
        count: all.length,
        done: all.reduce((sum, upload) => sum + upload.done, 0),
        total: all.reduce((sum, upload) => sum + upload.total, 0),
        rate: seconds < 1 ? null : sent.reduce((sum, { bytes }) => sum + bytes, 0) / seconds,
        foremost: all.toSorted((a, b) => b.total - a.total)[0] ?? null,
      };
    },
  };
}

/** `1.2 of 4.0 GiB · 85 MiB/s · scene.tif 31 %`, as far as there is something to tell. @param name of the foremost */
export function describeUploads({ count, done, total, rate, foremost }: UploadPicture, name: string): string {
  const told: string[] = [];
  if (count > 0) told.push(bytesOf(done, total));
  if (rate !== null) told.push(`${bytes(rate)}/s`);
  if (foremost !== null) told.push(`${name} ${Math.floor((100 * foremost.done) / foremost.total)} %`);
  return told.join(' · ');
}
