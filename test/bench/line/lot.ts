import { writeTiff } from '../../rasters/write-tiff.ts';
import type { Buckets } from '../../world/bucket.ts';

/** Below it all rasters of the bench are dropped. */
export const LOT = 'lot/';
const FILES_A_FOLDER = 100;
/** Each so many-th raster has a sidecar. */
const SIDECAR_EACH = 5;
const SENDERS = 8;
/** Of a thousand rasters; those after it are again like the first, but for where they lie. */
const PATTERNS = 1_000;

/** Where the raster of a number is dropped: many folders, and no two names alike. */
export function rasterKey(index: number): string {
  const folder = String(Math.floor(index / FILES_A_FOLDER)).padStart(5, '0');
  return `${LOT}${folder}/raster_${String(index).padStart(7, '0')}.tif`;
}

/** Folders that so many rasters lie in, and the one above them. */
export function foldersOf(count: number): number {
  return Math.ceil(count / FILES_A_FOLDER) + 1;
}

/** 96 × 64 pixels; no two of a lot are equal. */
export function rasterOf(index: number): Uint8Array {
  return writeTiff({
    ...{ width: 96, height: 64, tileSize: 32, epsg: 32631, pixelSize: 30 },
    origin: [166_000 + (index % PATTERNS) * 600, 100_000 + Math.floor(index / PATTERNS) * 3_000],
    pixel: (x, y) => ((x + y + index) % 200) + 20,
  });
}

/** Null where the raster of that number has none. */
export function sidecarOf(index: number): string | null {
  if (index % SIDECAR_EACH !== 0) return null;
  return `<?xml version="1.0" encoding="UTF-8"?>
<metadata xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>Raster ${index} of the lot</dc:title><dc:creator>Survey</dc:creator><dc:subject>elevation</dc:subject><dc:date>2026-01-01</dc:date></metadata>`;
}

/** Drops so many rasters into a bucket, sidecars first. */
export async function dropLot(buckets: Buckets, bucket: string, count: number, signal: AbortSignal): Promise<void> {
  const inbox = buckets.bucket(bucket);
  let next = 0;
  const send = async (): Promise<void> => {
    for (let index = next++; index < count; index = next++) {
      signal.throwIfAborted();
      const key = rasterKey(index);
      const sidecar = sidecarOf(index);
      if (sidecar !== null) await inbox.put(key.replace(/tif$/, 'xml'), sidecar);
      await inbox.put(key, rasterOf(index));
    }
  };
  await Promise.all(Array.from({ length: SENDERS }, send));
}
