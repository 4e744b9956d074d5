import { readKeptRun } from '../kept.ts';
import { type Measured, sectionOf } from '../measured.ts';
import type { Asked } from './arguments.ts';
import { SLOWEST_MS, STOCK_REQUESTS } from './valid.ts';

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
  what GeoServer knows of it. It is the cheapest stock, and the one that makes 20 to 40 requests a dataset.
- **updatelayers**: GeoNode's command over a workspace of new layers, in the same process: no start of Python is counted.

What counts is CPU (user and system) of the process that has GeoNode and of PostgreSQL with all its processes; wall time stands beside it.
They take turns whose order rotates, each with new layers of the same content, and GeoFence's rules are written by all. Before that a dataset
of each is compared field by field, link by link and permission by permission; where they differ in more than is told in
\`test/geonode/difference.ts\` the run is void. So it is where GeoServer's part, the stand-in's documents over a catalog in memory, answers
anything but success, or works longer than ${SLOWEST_MS} ms on an answer to stock, or where stock makes fewer or more requests a dataset than it should
(${Object.entries(STOCK_REQUESTS)
  .map(([way, { least, most }]) => `${way} ${least} to ${most}`)
  .join(', ')}).
`;

/** @param starts CPU seconds that processes took to load GeoNode */
export function remarksOf({ rounds, count }: Asked, starts: readonly number[]): string[] {
  return [
    `${rounds} rounds; a size is what was there when it began: each round adds ${count} of ours and a twentieth of that by each of stock's ways.`,
    'No thumbnails are drawn, by nobody: ours leaves them to a task, which needs a broker, and GeoNode’s own fetch tiles from the internet.',
    `Loading GeoNode took a process ${Math.max(...starts).toFixed(1)} CPU s, which \`manage.py updatelayers\` pays each time it is called; it is in no figure.`,
  ];
}
