import { readKeptRun } from '../kept.ts';
import { type Measured, sectionOf } from '../measured.ts';

/** What docs/performance.md tells of the whole line, from the run that was kept. */
export function lineSection(): string {
  return sectionOf('The whole line', METHOD, readKeptRun<Measured>('line'));
}

const METHOD = `\`npm run bench:line\`: what a dataset costs from the watched prefix to GeoNode, within 40 minutes on two cores;
\`-- --full\` takes 100,000 rasters, goes on where it was ended, and makes its result the one that is printed here.

- **The line**: one worker of each stage and a gateway, bundled and set as the images are, with the defaults of a deployment; real Redis
  and versitygw; stand-ins for GeoServer (one node) and GeoNode without latencies. All are processes of their own on one machine, so
  datasets a minute are what the machine gives, and CPU a dataset is what a worker costs. Rasters are 96 × 64 pixels, 100 a folder,
  each fifth with a Dublin Core sidecar; all lie there before the watch is set.
- A stage's tenth is a tenth of the datasets, in the order it was done with them. Its memory is flat where the median of the last fifth
  is not more than 1.1 × that of the second; the first fifth is its start.
- Redis is \`used_memory\` when all is done, less what it was before the watch was set. The second pass is the first scan of the watch
  after it was taken away and set again.
- **The runner**: jobs of the register stage, their datasets known to the ledger, worked off by stages that do nothing, as
  many at once as that worker takes by default, against a worker of BullMQ without anything of ours on a queue filled the same way, in
  turns.
- **Listing**: the stage discover over keys that its ledger knows, one list job after the other, against a loop of ListObjectsV2 by
  the SDK, both with what the image of discover sets for Node. The ledger of this room holds the versions alone. Flat memory is judged
  by the million keys.
`;
