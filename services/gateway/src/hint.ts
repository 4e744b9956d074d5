import { describeLocation, formatLocation, type Location } from '@geosluice/jobs';
import type { Context } from './context.ts';
import { overlapsOutput } from './watch-output.ts';

const RASTER = /\.tiff?$/i;
/** Looks at once; the others wait for their turn. */
const AT_ONCE = 8;

type Needs = Pick<Context, 'pipeline' | 'rastersAt' | 'target' | 'log'>;

/**
 * Hints at the rasters that events concern; each raster once, whatever the number of events.
 * @returns how many rasters were hinted at, and how many events concerned none
 */
export async function hintEvents(
  events: ReadonlyArray<{ location: Location }>,
  { pipeline, rastersAt, target, log }: Needs,
  signal: AbortSignal,
): Promise<{ hinted: number; ignored: number }> {
  const distinct = [...new Map(events.map(({ location }) => [formatLocation(location), location])).values()];
  const asked = new Map<string, Promise<boolean>>();
  const hint = (raster: Location): Promise<boolean> => {
    const uri = formatLocation(raster);
    const known = asked.get(uri) ?? pipeline.watches.hint(raster);
    asked.set(uri, known);
    return known;
  };
  const rastersOf = async (location: Location): Promise<Location[]> => {
    if (rastersAt === undefined || RASTER.test(formatLocation(location))) return [location];
    try {
      return await rastersAt(location, signal);
    } catch (error) {
      signal.throwIfAborted();
      // a source that is away must not lose the hint: the pipeline guesses by name
      log.warn({ location: describeLocation(location), error: (error as Error).message }, 'Hint:Pair:Failed');
      return [location];
    }
  };
  let hinted = 0;
  let ignored = events.length - distinct.length;
  const one = async (location: Location): Promise<void> => {
    const ours = location.kind === 's3' && overlapsOutput(location, target) !== null;
    // an envelope may hide a key that is no Unicode; no object has such a key
    if (ours || !formatLocation(location).isWellFormed() || (await pipeline.watches.covering(location)) === null) {
      ignored += 1;
      return;
    }
    const beside = await rastersOf(location);
    const fresh = beside.filter((raster) => !asked.has(formatLocation(raster)));
    const answers = await Promise.all(beside.map(hint));
    hinted += fresh.filter((raster) => answers[beside.indexOf(raster)] === true).length;
    if (!answers.includes(true)) ignored += 1;
  };
  const waiting = distinct.values();
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (const location of waiting) {
        signal.throwIfAborted();
        await one(location);
      }
    }),
  );
  return { hinted, ignored };
}
