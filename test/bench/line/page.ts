import { readKeptRun } from '../kept.ts';
import { type Measured, sectionOf } from '../measured.ts';
import { FULL_RUN, USUAL_RUN } from './arguments.ts';

/** What docs/performance.md tells of the whole line, from the run that was kept. */
export function lineSection(): string {
  return [
    sectionOf('The whole line', METHOD, readKeptRun<Measured>(USUAL_RUN)),
    sectionOf('The whole line with 100,000 rasters', FULL_METHOD, readKeptRun<Measured>(FULL_RUN)),
  ].join('\n');
}

const FULL_METHOD = `\`npm run bench:line -- --full\`: the same with five times as many rasters, which shows whether anything grows with them.
`;

const METHOD = `\`npm run bench:line\`: what a dataset costs from the watched prefix to GeoNode, within 40 minutes on two cores;
\`-- --full\` takes 100,000 rasters and goes on where it was ended.

- **The line**: one worker of each stage and a gateway, bundled and set as the images are, with the defaults of a deployment but for
  \`GEOSLUICE_MAX_BACKLOG=1000\`, so that all stages go at the pace of the slowest from the first tenth on and tenths are alike; real Redis and versitygw; stand-ins for GeoServer (one node) and GeoNode without latencies. All are processes of their own on one machine, so
  datasets a minute are what the machine gives, and CPU a dataset is what a worker costs. Rasters are 96 × 64 pixels, 100 a folder,
  each fifth with a Dublin Core sidecar; all lie there before the watch is set.
- A stage's tenth is a tenth of the datasets, in the order it was done with them. Its memory is flat where the median of the last fifth
  is not more than 1.1 × that of the second; the first fifth is its start.
- Redis is \`used_memory\` when all is done, less what it was before the watch was set. The second pass is the first scan of the watch
  after it was taken away and set again; discover's own metrics tell whether it listed every folder.
- **The runner**: jobs of the register stage, their datasets known to the ledger, worked off by stages that do nothing, as
  many at once as that worker takes by default, against a worker of BullMQ without anything of ours on a queue filled the same way, in
  turns.
- **Listing**: the stage discover over keys that its ledger knows, one list job after the other, against a loop of ListObjectsV2 by
  the SDK, both with what the image of discover sets for Node. The ledger of this room holds the versions alone. Flat memory is judged
  by the million keys: the median of the last fifth is not more than 1.1 × that of the second.
`;
