import { RECORDED } from '../../counterparts/geoserver/latencies.ts';
import { readKeptRun } from '../kept.ts';
import { type Measured, sectionOf } from '../measured.ts';
import { LAG_MS } from './cluster/lag.ts';

/** What docs/performance.md tells of publishing, from the run that was kept. */
export function publishSection(): string {
  return sectionOf('Publishing', METHOD, readKeptRun<Measured>('publish'));
}

/** @param real a real GeoServer was measured, not the stand-in */
export function remarksOf(real: boolean): string[] {
  if (real) return ['Measured with a real GeoServer, whose latencies and lag are its own.'];
  return [
    `The cluster is a stand-in. A write holds its one lock for ${RECORDED.store} ms (store) and ${RECORDED.layer} ms (layer), so that a publish alone and 4 and 8 in flight take what was measured of GeoServer 3.0; its times are waited for and cost no CPU.`,
    'The server’s side above 2,270 layers is unmeasured: no real GeoServer was given, and the stand-in does not slow down with its catalog. Sizes are those of our ledger, name index and rules.',
  ];
}

const [, near = 0, far = 0] = LAG_MS;
const METHOD = `\`npm run bench:publish\`: how fast layers come, against bare requests, and whether that depends on how many datasets there are.
\`-- --keep\` makes its result the one that is printed here. A real GeoServer is measured where \`GEOSLUICE_TEST_GEOSERVER_URL\` names one.

- The cluster has three nodes, in a process of its own. One hears of a change ${near / 1000} s later, another ${far / 1000} s.
- **bare requests**: two POSTs to the primary with the same documents as ours, then one map of each node, asked for again every 250 ms
  until it is there. Waiting for a node holds no write back. Ours is held against the best number of writes in flight.
- **ours**: the publish worker as its image has it, with its defaults, real Redis and versitygw. Before each run the ledger, the name index
  and the rule that looks after the files hold so many datasets, on a fresh Redis, and the worker is started anew. It publishes a
  hundred layers before those that count; its start, which would be where a large ledger is felt first, is a column of its own.
- A layer of ours takes from the begin of its job to its end, by BullMQ's own stream: proof of the object, writes, maps and the ledger.
`;
