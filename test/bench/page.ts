import { lineSection } from './line/page.ts';
import { publishSection } from './publish/page.ts';
import { registerSection } from './register/page.ts';
import { readKept } from './upload/kept.ts';
import { uploadPages } from './upload/page.ts';

/** docs/performance.md and its plots, by path, from the runs that were kept. */
export function performancePages(): Record<string, string> {
  const upload = uploadPages(readKept());
  const sections = [upload.section, publishSection(), registerSection(), lineSection()];
  return { 'docs/performance.md': [INTRODUCTION, ...sections, BOUNDED].join('\n'), ...upload.plots };
}

const INTRODUCTION = `# Performance

Numbers are ratios on one machine, each against a named rival in the same run; a stopwatch on a shared machine says little. No test
asserts them: the benches do, and end with 1 where a goal is missed.

This page is generated from \`docs/bench/*.json\` by \`npm run generate\`.
`;

const BOUNDED = `## What is bounded by design

Held by tests of counts rather than times:

- **Reading a header**: a 100 GB BigTIFF takes 11 reads and about 230 KB, and its tile index (about 6 MB) in pieces of 1 MiB.
- **Upload buffers**: \`GEOSLUICE_UPLOAD_MEMORY_MIB\` for all uploads of a process together, whatever the files' size.
- **Publishing**: at most \`GEOSLUICE_GEOSERVER_WRITE_CONCURRENCY\` writes at once over all workers; a repeated publish of an unchanged layer writes nothing.
- **Registering**: batches of \`GEOSLUICE_GEONODE_BATCH_SIZE\`, two requests to GeoServer a batch of new datasets where GeoFence guards its
  layers, else none.
- **Listing**: one round trip to the ledger a page; a scan of unchanged files adds no job.
`;
