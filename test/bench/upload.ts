/**
 * Uploads the same file through our engine and through @aws-sdk/lib-storage, in turns, and prints the ratio of client CPU.
 * Times on a shared machine mean little; the ratio within one run does. The server's CPU is not counted.
 * lib-storage runs as our spool, which adds a SHA-256 of the body (about 0.6 CPU s a GiB) that uploads get as CRC-32.
 *
 *   npm run bench:upload [-- <MiB> [rounds]]
 */
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RangeReader, UploadMemory } from '@geosluice/jobs';
import { createObjectStore, createS3Client } from '@geosluice/object-store';
import { startS3 } from '../counterparts/s3.ts';

const MIB = 1024 * 1024;
const sizeMiB = Number(process.argv[2] ?? 256);
const rounds = Number(process.argv[3] ?? 3);
const size = sizeMiB * MIB;

const folder = await mkdtemp(join(tmpdir(), 'geosluice-bench-'));
const server = await startS3('versitygw');
const client = createS3Client({
  endpoint: server.endpoint,
  region: server.region,
  accessKeyId: server.accessKey,
  secretAccessKey: server.secretKey,
});
const signal = new AbortController().signal;
try {
  const path = join(folder, 'raster.tif');
  const file = await open(path, 'w+');
  await file.truncate(size);
  const reader: RangeReader = {
    size,
    readInto: async (offset, target) => {
      const { bytesRead } = await file.read(target, 0, target.byteLength, offset);
      if (bytesRead !== target.byteLength) throw new Error('short read');
    },
  };
  const store = createObjectStore({ client, partSize: 16 * MIB, maxPartsInFlight: 4 });
  const ways = {
    geosluice: (key: string) =>
      store.upload({ reader, target: { bucket: server.bucket, key }, memory: forgetful(), contentId: key, signal }),
    'lib-storage': (key: string) =>
      store.spool({
        body: file.createReadStream({ start: 0, autoClose: false }),
        target: { bucket: server.bucket, key },
        maxBytes: size,
        signal,
      }),
  };
  const seconds: Record<string, number[]> = { geosluice: [], 'lib-storage': [] };
  for (let round = 0; round <= rounds; round += 1) {
    for (const [name, run] of Object.entries(ways)) {
      const before = process.cpuUsage();
      const key = `${name}-${round}`;
      await run(key);
      const { user, system } = process.cpuUsage(before);
      await store.deleteObject({ bucket: server.bucket, key });
      // the first round warms up
      if (round > 0) seconds[name]?.push((user + system) / 1e6);
    }
  }
  await file.close();
  const perGiB = Object.entries(seconds).map(([name, values]) => [name, (median(values) * 1024) / sizeMiB] as const);
  for (const [name, value] of perGiB) process.stdout.write(`${name.padEnd(12)} ${value.toFixed(2)} CPU s a GiB\n`);
  const [ours, theirs] = perGiB.map(([, value]) => value);
  process.stdout.write(`ratio        ${((theirs ?? 0) / (ours ?? 1)).toFixed(2)} (lib-storage / geosluice)\n`);
  process.stdout.write(`buffers      ${(store.stats().buffers.highest / MIB).toFixed(0)} MiB at most\n`);
} finally {
  client.destroy();
  await server.stop();
  await rm(folder, { recursive: true, force: true });
}

function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? Number.NaN;
}

function forgetful(): UploadMemory {
  return { recall: async () => null, remember: async () => {}, forget: async () => {} };
}
