import { type LedgerEntry, parseVersion, type RetiredContent } from '@geosluice/jobs';
import { createCap } from './cap.ts';
import { compare, isWhole } from './compare.ts';
import type { Finding, Place, Report } from './finding.ts';
import type { FileState, NodeStore, ReconcilePorts, Registered } from './ports.ts';
import { sideBySide } from './side-by-side.ts';
import { createSilence, type Silence } from './silence.ts';

export interface ReconcileOptions {
  /** Mends what can be mended. */
  repair: boolean;
  /** The share of all datasets that may be taken away without `yes`, 0 to 1. */
  share: number;
  /** Takes away whatever nothing leads to, however much it is. */
  yes: boolean;
  signal: AbortSignal;
  /** Milliseconds before a place that did not answer is asked again; 1,000. */
  pauseMs?: number;
  /** Tells how many datasets are compared by now. */
  onProgress?(compared: number): void;
}

/** What was compared, and what could not be. */
export interface Summary {
  datasets: number;
  nodes: readonly string[];
  /** The first error of each place that did not answer. */
  notCompared: Array<{ place: Place; error: string }>;
  /** Removals that were held, since they are more than `most`. */
  held: number;
  most: number;
}

/** Datasets that are looked at side by side: each costs a request to the bucket, two to every node and two to its source. */
const ABREAST = 16;

/**
 * Compares the ledger with bucket, GeoServer's nodes, GeoNode and sources, and those with the ledger. Reports come as they are
 * found; removals at the end, once it is known how many there are. It may be stopped and run again at any point.
 * @returns the summary
 */
export async function* reconcile(ports: ReconcilePorts, options: ReconcileOptions): AsyncGenerator<Report, Summary> {
  const { signal } = options;
  const nodes = await ports.geoserver.nodes(signal);
  const silence = createSilence(signal, options.pauseMs ?? 1_000);
  const removals = createCap<Found>(await ports.ledger.count(), options.share);
  const run: Run = { ports, options, nodes, silence, datasets: 0 };

  // first what the ledger has lost: what comes after it is judged by the ledger
  for (const compareWith of [lostByTheLedger, entries, contents, stores]) {
    for await (const { finding, mend } of compareWith(run)) {
      signal.throwIfAborted();
      if (finding.repair !== 'remove' || !options.repair || options.yes) yield await mended(finding, mend, options);
      else for (const held of removals.ask({ finding, mend })) yield { ...held.finding, outcome: 'held' };
    }
  }
  for (const { finding, mend } of removals.allowed()) yield await mended(finding, mend, options);
  return {
    ...{ datasets: run.datasets, nodes },
    notCompared: silence.named(),
    held: removals.asked > removals.most ? removals.asked : 0,
    most: removals.most,
  };
}

const nothing = async (): Promise<void> => {};

interface Run {
  ports: ReconcilePorts;
  options: ReconcileOptions;
  nodes: readonly string[];
  silence: Silence;
  datasets: number;
}

interface Found {
  finding: Finding;
  mend: () => Promise<void>;
}

async function mended(finding: Finding, mend: Found['mend'], { repair }: ReconcileOptions): Promise<Report> {
  if (!repair || finding.repair === 'none') return { ...finding, outcome: 'found' };
  try {
    await mend();
    return { ...finding, outcome: finding.repair === 'retry' || finding.repair === 'look' ? 'asked' : 'done' };
  } catch (error) {
    return { ...finding, outcome: 'failed', error: (error as Error).message };
  }
}

/** What GeoNode holds and the ledger does not know, or says is removed. */
async function* lostByTheLedger({ ports, options: { signal }, silence }: Run): AsyncGenerator<Found> {
  const { ledger, geonode } = ports;
  for await (const page of silence.pages('geonode', () => geonode.all(signal))) {
    for (const registered of page) {
      const entry = await ledger.get(registered.dataset);
      const about = { dataset: registered.dataset, subject: registered.alternate };
      if (entry === null) {
        const whole = registered.kept !== null;
        const what = `GeoNode’s dataset ${registered.pk} is not in the ledger; it came from ${registered.sourceUri}`;
        yield {
          finding: { difference: 'missing', place: 'ledger', ...about, what, repair: whole ? 'adopt' : 'look' },
          mend: () => restore(ports, registered, signal),
        };
      } else if (entry.state === 'removed') {
        const what = `GeoNode’s dataset ${registered.pk} is there, though the ledger says it is removed`;
        yield {
          finding: { difference: 'orphaned', place: 'geonode', ...about, what, repair: 'remove' },
          mend: () => geonode.unregister(registered, signal),
        };
      }
    }
  }
}

/** As it is, where everything of it is there; else its file goes the whole road again, which finds what is. */
async function restore({ ledger }: ReconcilePorts, registered: Registered, signal: AbortSignal): Promise<void> {
  if (registered.kept !== null && (await ledger.adopt(registered, signal))) return;
  await ledger.ask(registered);
}

/** What the ledger says is visible, in every other system. */
async function* entries(run: Run): AsyncGenerator<Found> {
  const { ports, options, silence } = run;
  const { signal, onProgress } = options;
  for await (const page of ports.ledger.entries(signal)) {
    const whole = page.filter(isWhole);
    const ids = whole.map(({ dataset }) => dataset);
    const answer = await silence.ask('geonode', () => ports.geonode.of(ids, signal));
    const registered = answer === undefined ? undefined : new Map(answer.map((one) => [one.dataset, one]));
    const findings = sideBySide(whole, ABREAST, async (entry) => {
      const [object, stores, file] = await Promise.all([
        // what is served in place is its source's business
        entry.object.owned ? silence.ask('bucket', () => ports.bucket.head(entry.object, signal)) : entry.object,
        storesOf(run, entry),
        fileOf(run, entry),
      ]);
      const url = ports.geoserver.urlOf(entry.layer, entry.object);
      const [primary = ''] = run.nodes;
      const registration = registered === undefined ? undefined : (registered.get(entry.dataset) ?? null);
      const found = compare(entry, { object, stores, primary, url, registered: registration, file });
      // one that moved meanwhile was compared with what it is no more
      const moved = found.length > 0 && (await ports.ledger.get(entry.dataset))?.updatedAt !== entry.updatedAt;
      return moved ? [] : found;
    });
    for await (const ofOne of findings) {
      run.datasets += 1;
      // one road mends all that is amiss with a dataset
      let asked = false;
      for (const finding of ofOne) {
        const { dataset, repair } = finding;
        const again = repair === 'retry' && asked ? nothing : () => ports.ledger.retry(dataset);
        asked ||= repair === 'retry';
        yield { finding, mend: repair === 'look' ? () => ports.ledger.look(dataset) : again };
      }
    }
    onProgress?.(run.datasets);
  }
}

async function storesOf(
  run: Run,
  { layer }: LedgerEntry & Required<Pick<LedgerEntry, 'layer'>>,
): Promise<Map<string, NodeStore | null>> {
  const { ports, options, nodes, silence } = run;
  const stores = new Map<string, NodeStore | null>();
  const at = { workspace: layer.workspace, name: layer.store };
  await Promise.all(
    nodes.map(async (node) => {
      const store = await silence.ask(`geoserver ${node}`, () => ports.geoserver.store(node, at, options.signal));
      if (store !== undefined) stores.set(node, store);
    }),
  );
  return stores;
}

async function fileOf({ ports, options, silence }: Run, entry: LedgerEntry): Promise<FileState> {
  return (await silence.ask(sourceOf(entry), () => ports.source.look(entry, options.signal))) ?? null;
}

/** The bucket or host of a file: one that is away says nothing of the others. */
function sourceOf({ location }: Pick<LedgerEntry, 'location'>): Place {
  if (location.kind === 's3') return `source s3://${location.bucket}`;
  return location.kind === 'https' ? `source ${new URL(location.url).origin}` : 'source file://';
}

/** What lies in the bucket and nothing shows. */
async function* contents({ ports, options: { signal }, silence }: Run): AsyncGenerator<Found> {
  const { ledger, bucket, geonode } = ports;
  const orphaned = (content: RetiredContent, what: string): Found['finding'] => ({
    ...{ difference: 'orphaned', place: 'bucket', dataset: content.dataset },
    ...{ subject: bucket.uriOf(content), what, repair: 'remove' },
  });
  for await (const page of silence.pages('bucket', () => bucket.contents(signal))) {
    const unknown: RetiredContent[] = [];
    for (const content of page) {
      const entry = await ledger.get(content.dataset);
      if (entry === null) unknown.push(content);
      else if (!uses(entry, content) && !(await ledger.isRetired(content))) {
        const what = 'objects of a content that the dataset shows no more';
        yield { finding: orphaned(content, what), mend: () => ledger.retire(content) };
      }
    }
    if (unknown.length === 0) continue;
    const ids = unknown.map(({ dataset }) => dataset);
    const registered = await silence.ask('geonode', () => geonode.of(ids, signal));
    // what GeoNode cannot be asked about may be the last trace of a dataset
    if (registered === undefined) continue;
    const known = new Set(registered.map(({ dataset }) => dataset));
    for (const content of unknown.filter(({ dataset }) => !known.has(dataset))) {
      const what = 'objects of a dataset that neither the ledger nor GeoNode knows';
      yield { finding: orphaned(content, what), mend: () => bucket.remove(content.dataset, signal) };
    }
  }
}

function uses({ version, publishedVersion }: LedgerEntry, { raster }: RetiredContent): boolean {
  return [version, publishedVersion ?? ''].some((one) => one !== '' && parseVersion(one).raster === raster);
}

/** Stores of ours on GeoServer's nodes that no dataset leads to, or that it left for another place. */
async function* stores(run: Run): AsyncGenerator<Found> {
  const { ports, options, nodes, silence } = run;
  const { ledger, geoserver } = ports;
  const { signal } = options;
  for (const node of nodes) {
    const place = `geoserver ${node}` as const;
    const workspaces = (await silence.ask(place, () => geoserver.workspaces(node, signal))) ?? [];
    for (const workspace of workspaces) {
      // the list is one answer, which has to be read in time: what needs a look waits until it is
      const unowned: string[] = [];
      for await (const names of silence.pages(place, () => geoserver.names(node, workspace, signal))) {
        const owners = await ledger.owners(workspace, names);
        unowned.push(...names.filter((_, index) => owners[index] === null));
      }
      for (const name of unowned) yield* leftover(run, node, { workspace, name });
    }
  }
}

/** One store at a name where no dataset has a layer. */
async function* leftover(
  { ports, options: { signal }, silence }: Run,
  node: string,
  at: { workspace: string; name: string },
): AsyncGenerator<Found> {
  const { ledger, geoserver, geonode } = ports;
  const place = `geoserver ${node}` as const;
  const subject = nameOf(at);
  const store = await silence.ask(place, () => geoserver.store(node, at, signal));
  const dataset = store?.dataset ?? null;
  if (dataset === null) return;
  const registered = await silence.ask('geonode', () => geonode.of([dataset], signal));
  if (registered === undefined || registered.some(({ alternate }) => alternate === subject)) return;
  const entry = await ledger.get(dataset);
  const own = entry?.state === 'visible' && entry.layer !== undefined ? nameOf(entry.layer) : undefined;
  const owned = entry?.places?.some((one) => nameOf(one) === subject) === true;
  // what is under way may be about to show it
  if (own === subject || (owned && own === undefined)) return;
  const what =
    own === undefined
      ? `a store of ${dataset}, which nothing leads to`
      : `a second store of ${dataset}, whose layer is ${own}`;
  const difference = own === undefined ? 'orphaned' : 'doubled';
  yield {
    finding: { difference, place, dataset, subject, what, repair: 'remove' },
    // its name is to be free as well
    mend: () => (owned ? ledger.leave({ ...at, dataset }) : geoserver.remove(node, { ...at, dataset }, signal)),
  };
}

function nameOf({ workspace, name }: { workspace: string; name: string }): string {
  return `${workspace}:${name}`;
}
