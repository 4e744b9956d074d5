import { EXIT } from '../exit-codes.ts';
import type { Output } from '../output.ts';
import type { CliPorts } from '../ports.ts';

/** Gives back the parts of uploads to the target bucket that were begun long ago and never finished. */
export async function sweepUploads(
  { olderThanHours }: { olderThanHours: number },
  ports: CliPorts,
  output: Output,
  signal: AbortSignal,
): Promise<number> {
  const aborted = await ports.sweepUploads(olderThanHours * 3_600_000, signal);
  const [count, unit] = olderThanHours % 24 === 0 ? [olderThanHours / 24, 'day'] : [olderThanHours, 'hour'];
  const age = `${count} ${unit}${count === 1 ? '' : 's'}`;
  output.result({ aborted, olderThanHours }, () =>
    aborted === 0
      ? `no unfinished upload is older than ${age}`
      : `${aborted} unfinished upload${aborted === 1 ? '' : 's'} older than ${age} given back`,
  );
  return EXIT.ok;
}
