import { formatLocation, type IngestOptions, type Location } from '@geosluice/jobs';
import type { GatewayOptions } from './options.ts';
import { GatewayProblem } from './problem.ts';
import { readSources } from './read-sources.ts';
import { overlapsOutput } from './watch-output.ts';

/**
 * The prefix or directory that a watch lists.
 * @throws GatewayProblem FIELDS_INVALID, SOURCE_NOT_ALLOWED, WATCH_CONTAINS_OUTPUT
 */
export function readWatched(
  watch: { source: string; options: IngestOptions },
  { allowed, target }: Pick<GatewayOptions, 'allowed' | 'target'>,
): Location {
  const [source] = readSources([watch.source], 'source', allowed);
  if (source === undefined) throw new Error('a source was read to nothing');
  if (source.kind === 'https')
    throw refuse('source', 'the web cannot be listed; watch s3://bucket/prefix/ or file:///dir/');
  if (!formatLocation(source).endsWith('/'))
    throw refuse('source', 'a watched source is a prefix or directory: end it with "/"');
  if (watch.options.name !== undefined) throw refuse('options.name', 'a name is for one file only; leave it out');
  const overlap = overlapsOutput(source, target);
  if (overlap !== null) throw new GatewayProblem('WATCH_CONTAINS_OUTPUT', overlap, { subject: watch.source });
  return source;
}

function refuse(field: string, message: string): GatewayProblem {
  return new GatewayProblem('FIELDS_INVALID', 'Correct the fields in errors.', {
    errors: [{ in: 'body', field, message }],
  });
}
