import { readKeptRun } from '../kept.ts';
import { type Measured, sectionOf } from '../measured.ts';
import type { Asked } from './arguments.ts';
import type { Cost } from './costs.ts';
import type { Way } from './turn.ts';
import { LATE_SHARE, SLOWEST_MS, STOCK_REQUESTS } from './valid.ts';

export const BENCH = 'register';

/** What docs/performance.md tells of registering. */
export function registerSection(measured: Measured | null = readKeptRun<Measured>(BENCH)): string {
  return sectionOf('Registering', METHOD, measured);
}

const METHOD = `\`npm run bench:register\`: what a dataset costs in GeoNode by our app, and by GeoNode's own ways, in one run on one GeoNode with one
PostGIS, both real. \`-- --keep\` makes its result the one that is printed here.

- **ours**: over HTTP, in batches and two at once as the register worker sends them by default.
- **create + update**: GeoNode's resource manager, \`dataset_manager.create\`, the two boxes, \`dataset_manager.update\`, in a process that stays up.
- **create + update, unlisted**: the same where GeoServer does not list the layer's coverage: GeoNode then leaves out its styles and
  what GeoServer knows of it. It is the cheapest stock, and the one that makes 20 to 40 requests a dataset, of them one for each store of the
  workspace: it has five, so as not to hold that against it.
- **updatelayers**: GeoNode's command over a workspace of new layers, in the same process: no start of Python is counted.

What counts is CPU (user and system) of the process that has GeoNode and of PostgreSQL with all its processes; wall time stands beside it.
They take turns whose order rotates, each with new layers of the same content, and GeoFence's rules are written by all. Before that a dataset
of each is compared field by field, link by link and permission by permission; where they differ in more than is told in
\`test/geonode/difference.ts\` the run is void. So it is where GeoServer's part, the stand-in's documents over a catalog in memory, answers
anything but success, or takes longer than ${SLOWEST_MS} ms for more than ${LATE_SHARE * 100} % of its answers to stock, or where stock makes fewer or more requests a dataset than it should
(${Object.entries(STOCK_REQUESTS)
  .map(([way, { least, most }]) => `${way} ${least} to ${most}`)
  .join(', ')}).
`;

/** @param starts CPU seconds that processes took to load GeoNode */
export function remarksOf(
  { sizes, rounds, count }: Asked,
  costs: readonly Cost[],
  starts: readonly number[],
): string[] {
  const calls = (way: Way): string => {
    const all = costs.filter((cost) => cost.way === way).map((cost) => cost.calls.median);
    return all.length === 0 ? 'an unknown number' : Math.max(...all).toFixed(0);
  };
  const ours = costs.findLast(({ way }) => way === 'ours');
  const largest = sizes.at(-1) ?? 0;
  return [
    `${rounds} rounds; a size is what was there when it began: each round adds ${count} of ours and a twentieth of that by each of stock’s ways.`,
    `20 to 40 requests a dataset were expected of stock. So many it makes only where GeoServer does not list the layer; where it does, \`create\` and \`update\` make ${calls('create + update')}, \`updatelayers\` ${calls('updatelayers')}: their bounds are set around what was measured.`,
    'A real GeoServer answers 404 to some of that: a style named as the layer’s, outside of its workspace. Here it is found, so that nothing is refused.',
    'No thumbnails are drawn, by nobody: ours leaves them to a task, which needs a broker, and GeoNode’s own fetch tiles from the internet.',
    `Loading GeoNode took a process ${Math.max(...starts).toFixed(1)} CPU s, which \`manage.py updatelayers\` pays each time it is called; it is in no figure.`,
    ...(ours === undefined || largest === 0
      ? []
      : [
          `The first run fills GeoNode with ${largest.toLocaleString('en')} datasets by the app itself, about ${((largest * ours.cpu.median) / 60).toFixed(0)} CPU minutes; later ones restore the dump that is kept in the cache.`,
        ]),
  ];
}
