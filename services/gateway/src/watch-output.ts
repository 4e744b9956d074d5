import { formatLocation, type Location } from '@geosluice/jobs';
import type { OutputPrefix } from './options.ts';

/**
 * Whether a watch would find what geosluice itself writes: its prefix contains the output prefix, or lies in it.
 * @returns a sentence that says what to do, or null where they are apart
 */
export function overlapsOutput(source: Location, output: OutputPrefix): string | null {
  if (source.kind !== 's3' || source.bucket !== output.bucket) return null;
  const prefix = output.prefix === '' || output.prefix.endsWith('/') ? output.prefix : `${output.prefix}/`;
  if (!prefix.startsWith(source.key) && !source.key.startsWith(prefix)) return null;
  const uri = formatLocation(source);
  const target = `s3://${output.bucket}/${prefix}`;
  const how = source.key.startsWith(prefix) ? 'lies in' : 'contains';
  return `${uri} ${how} the output prefix ${target}, so every stored object would be found as a new file; watch a prefix beside it, or store in another bucket or prefix`;
}
