import { whereAndWhen } from '../measured.ts';
import { asMarkdown, goalsTable } from '../table.ts';
import { decideGoals } from './goals.ts';
import type { Kept } from './kept.ts';
import { bytesOf, GIB, LOADS } from './loads.ts';
import { cpuPlot } from './plot.ts';
import { tablesOf } from './report.ts';
import { type Summary, summarise } from './results.ts';
import { ROOMS } from './rooms/room.ts';
import { SERVERS } from './servers/server.ts';
import { ASSUMED, sizeUp, WORKER } from './sizing.ts';

/** What docs/performance.md tells of uploads, and the plots it shows by path, from the run that was kept. */
export function uploadPages(kept: Kept | null): { section: string; plots: Record<string, string> } {
  const summaries = summarise(kept?.results ?? []);
  const measured = SERVERS.filter((server) => summaries.some((one) => one.server === server));
  return {
    section: [
      INTRODUCTION,
      METHOD,
      ...(kept === null ? [NOTHING] : resultsOf(kept, summaries)),
      READING,
      sizingOf(summaries),
    ].join('\n'),
    plots: Object.fromEntries(measured.map((server) => [`docs/bench/cpu-${server}.svg`, cpuPlot(server, summaries)])),
  };
}

const INTRODUCTION = `## Uploading

\`npm run bench:upload\`: what an upload costs, measured against other clients in one run, and how to size a deployment by it.
\`-- --full\` makes its result the one that is printed here.
`;

const METHOD = `### Method

All clients upload the same files of random bytes to the same server on loopback, one client at a time, in rounds whose order rotates.
What counts is the client's process and its children, never the server: CPU seconds (user and system) a GiB, wall time from start
to end of the process, peak RSS. MB are 10^6 bytes. After each run the server is asked for every object and its size; the sink for its CRC-32 too.

- **sink**: a small server of the bench. It reads bodies, checks every checksum that comes with them, and keeps no bytes: what is left is the client.
- **versitygw**, **SeaweedFS**: servers that store; on two cores they take most of the machine.
- **ours**: the engine with its defaults, bundled as the images are, files by the file source. A copy inside of a store loads no source.
- **minio-go** is measured as it comes: without TLS it puts SHA-256 into the signature of each chunk. Goals name it so, since that is
  what who uses it gets. **minio-go-crc** sends CRC-32 in trailers and signs no bodies, as ours does; it is cheaper than ours, and
  stands in every table without a goal.
`;

const NOTHING = `### Results

No run was kept yet.
`;

const READING = `### How to read them

- Compare within one table only. Another server or load is another race.
- CPU a GiB is what a pod pays for; wall time on loopback is bounded by the server and the two cores, over a real link by the link.
- Spread tells how calm the machine was: where the ranges of two clients overlap, neither is ahead.
- Small loads carry each client's start: ours takes some tenths of a CPU second to start, which a worker pays once in its life. A figure a
  GiB for a cut load is therefore higher than for the full one.
`;

function resultsOf(kept: Kept, summaries: readonly Summary[]): string[] {
  const { rooms } = kept;
  const goals = [...decideGoals(summaries), ...rooms.flatMap((room) => room.goals)];
  return [
    '### Results',
    '',
    whereAndWhen(kept),
    '',
    ...shortOf(kept, summaries),
    ...SERVERS.filter((server) => summaries.some((one) => one.server === server)).map(
      (server) => `![CPU seconds a GiB to ${server}](bench/cpu-${server}.svg)\n`,
    ),
    ...tablesOf(summaries).map(asMarkdown),
    ...rooms.map(asMarkdown),
    asMarkdown(goalsTable(goals)),
    '**Clients**',
    '',
    ...kept.clients.map(({ name, about }) => `- ${name}: ${about}`),
    '',
  ];
}

/** What the kept run has less of than a full one. */
function shortOf({ rooms }: Kept, summaries: readonly Summary[]): string[] {
  const lines: string[] = [];
  for (const server of SERVERS) {
    const missing = LOADS.filter(({ name }) => !summaries.some((one) => one.server === server && one.load === name));
    if (missing.length > 0) lines.push(`- ${server} lacks ${missing.map(({ title }) => title).join(', ')}.`);
    const cut = LOADS.flatMap((load) => {
      const one = summaries.find((each) => each.server === server && each.load === load.name);
      return one === undefined || one.bytes === bytesOf(load)
        ? []
        : [`${load.title} to ${(one.bytes / GIB).toFixed(2)} GiB`];
    });
    if (cut.length > 0) lines.push(`- ${server}, cut for all clients: ${cut.join(', ')}.`);
  }
  const rounds = Math.min(...summaries.map(({ wall }) => wall.count));
  if (rounds < 5) lines.push(`- ${rounds} of 5 rounds.`);
  const unmeasured = ROOMS.filter((name) => !rooms.some(({ room }) => room === name));
  if (unmeasured.length > 0) lines.push(`- Not measured: ${unmeasured.join(', ')}.`);
  return lines.length === 0 ? [] : ['This run is less than a full one:', '', ...lines, ''];
}

function sizingOf(summaries: readonly Summary[]): string {
  const amount = { files: 100_000, fileSize: 100e6 };
  const ours = summaries.find((one) => one.client === 'ours' && one.load === '64x64MiB');
  const cpu = ours?.cpu.median ?? null;
  const gib = (amount.files * amount.fileSize) / GIB;
  const parts = Math.ceil(amount.fileSize / WORKER.partSize);
  const links = [1e9, 1e10].map((bits) => ({ name: `${bits / 1e9} Gbit/s`, ...sizeUp(amount, bits, cpu) }));
  const row = (what: string, of: (sizing: (typeof links)[number]) => string): string =>
    `| ${what} | ${links.map(of).join(' | ')} |`;
  const memory = WORKER.bufferMib + WORKER.processMib;
  return `### How to size parts, parallelism and pods

- **Link first.** Bytes a second is the link times ${ASSUMED.linkShare}; nothing makes it faster than that.
- **Parts.** 8 MiB (\`GEOSLUICE_UPLOAD_PART_MIB\`) fits most links: the engine takes larger ones by itself where waiting for an answer costs
  more than a twentieth, and where 10,000 parts would not reach. Larger parts need more memory, smaller ones more requests.
- **In flight.** While one part waits for its answer the others must fill the link: 1 + rate × latency / part size. S3 takes some
  ${ASSUMED.perConnection / 1e6} MB/s on one connection: at least rate / that. The larger counts, over all pods; up to
  ${WORKER.partsInFlight} a pod by default (\`GEOSLUICE_UPLOAD_PARTS_IN_FLIGHT\`), found out while running.
- **Pods.** CPU a GiB × rate, twice for TLS, at ${ASSUMED.busy} of a core a pod; and enough for the parts in flight. More pods than fill the link only wait.
- **Memory a pod.** \`GEOSLUICE_UPLOAD_MEMORY_MIB\` (${WORKER.bufferMib}) and about ${WORKER.processMib} for the process: ${memory} MiB.
- **One huge file** is shared by all pods from \`GEOSLUICE_UPLOAD_SHARE_MIB\` on.

Assumed, not measured: ${ASSUMED.linkShare} of the link, S3 answers after ${ASSUMED.latency * 1000} ms, ${ASSUMED.perConnection / 1e6} MB/s a connection, TLS doubles CPU.

#### Example: 10 TB in 100,000 files of 100 MB

10 TB are 10^13 bytes, ${gib.toFixed(0)} GiB. A file has ${parts} parts of 8 MiB. CPU a GiB: ${
    cpu === null || ours === undefined
      ? 'not measured yet, so that pods below follow from the connections alone'
      : `${cpu.toFixed(2)} s, ours with 64 × 64 MiB to ${ours.server} above; ${((cpu * gib) / 3600).toFixed(1)} CPU hours in all without TLS`
  }.

| | ${links.map(({ name }) => name).join(' | ')} |
|---|---|---|
${[
  row('bytes a second: link / 8 × share', ({ rate }) => `${(rate / 1e6).toFixed(1)} MB`),
  row('time: 10^13 / that', ({ seconds }) => `${(seconds / 3600).toFixed(1)} h`),
  row('in flight to hide 30 ms', ({ waiting }) => `${waiting}`),
  row('in flight by connection', ({ connections }) => `${connections}`),
  row('cores: CPU a GiB × 2 × GiB a second', ({ cores }) => (cores === null ? 'not measured' : cores.toFixed(2))),
  row('**pods**', ({ pods }) => `**${pods}**`),
  row('memory of all', ({ pods }) => `${pods * memory} MiB`),
  row(`requests: files × (${parts} + 2)`, ({ requests }) => `${(requests / 1e6).toFixed(1)} million`),
  row('requests a second', ({ requests, seconds }) => (requests / seconds).toFixed(0)),
].join('\n')}

One pod more than needed lets one be killed without losing time. Redis holds about ${ASSUMED.redisPerJob / 1000} KB a waiting job:
${((amount.files * ASSUMED.redisPerJob) / 1e6).toFixed(0)} MB if all ${amount.files.toLocaleString('en')} wait at once; what the ledger takes besides is measured with [the whole line](#the-whole-line).
`;
}
