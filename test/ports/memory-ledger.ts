import {
  type DatasetState,
  formatLocation,
  type LedgerEntry,
  type LeftPlace,
  type LeftPlaces,
  type Place,
  type RetiredContents,
  SETTLED,
  STATES,
  type StageLedger,
  type Step,
  type UploadMemory,
} from '@geosluice/jobs';
import type { Ledger } from '@geosluice/pipeline';

/** The part of the ledger that needs no Redis; it passes the same conformance suite as the real one. */
export interface MemoryLedger
  extends StageLedger,
    UploadMemory,
    RetiredContents,
    LeftPlaces,
    Pick<Ledger, 'enter' | 'apply' | 'steps' | 'counts'> {}

const STEPS_KEPT = 50;

/** A ledger for tests of stages. `now` is asked for each time that is written. */
export function createMemoryLedger(now: () => Date = () => new Date()): MemoryLedger {
  const entries = new Map<string, LedgerEntry>();
  const steps = new Map<string, Step[]>();
  /** By `workspace:name`: who owns it, and whether its old layer is being taken away. */
  const names = new Map<string, { owner: string; leaving: boolean }>();
  /** By dataset: what it owns. */
  const owned = new Map<string, Set<string>>();
  /** By dataset and name: since when it is left. */
  const left = new Map<string, { place: LeftPlace; since: number }>();
  const memberOf = ({ dataset, workspace, name }: LeftPlace): string => `${dataset} ${workspace}:${name}`;
  const leave = (dataset: string, place: string, since: number): void => {
    const leaving = { dataset, ...placeOf(place) };
    const member = memberOf(leaving);
    if (!left.has(member)) left.set(member, { place: leaving, since });
  };
  const disown = (dataset: string, place: string): void => {
    names.delete(place);
    owned.get(dataset)?.delete(place);
    left.delete(memberOf({ dataset, ...placeOf(place) }));
  };
  const uploads = new Map<string, string>();
  const held = new Set<string>();
  const retired = new Map<string, number>();
  /** By dataset: its rule, and since when its file is gone. */
  const files = new Map<string, { rule: string; since?: number }>();
  const fileOf = (dataset: string, rule: string): { rule: string; since?: number } => {
    const known = files.get(dataset);
    const file = known?.rule === rule ? known : { rule };
    if (entries.has(dataset)) files.set(dataset, file);
    return file;
  };

  const note = (entry: LedgerEntry, step: Omit<Step, 'at' | 'generation' | 'state'>): void => {
    const at = now().toISOString();
    entry.updatedAt = at;
    const line: Step = { at, generation: entry.generation, state: entry.state, ...step };
    steps.set(entry.dataset, [line, ...(steps.get(entry.dataset) ?? [])].slice(0, STEPS_KEPT));
  };
  const create = (claim: Pick<LedgerEntry, 'dataset' | 'location' | 'ingestion' | 'options'>): LedgerEntry => {
    const at = now().toISOString();
    const { dataset, location, ingestion, options } = claim;
    const entry: LedgerEntry = {
      ...{ dataset, uri: formatLocation(location), location, ingestion, options, state: 'found', version: '' },
      ...{ generation: 0, takenBy: '', warnings: [], createdAt: at, updatedAt: at },
    };
    entries.set(dataset, entry);
    return entry;
  };

  return {
    async get(dataset) {
      const entry = entries.get(dataset);
      if (entry === undefined) return null;
      const places = [...(owned.get(dataset) ?? [])].map(placeOf);
      return { ...structuredClone(entry), ...(places.length === 0 ? {} : { places }) };
    },
    async compare(seen) {
      return seen.map(({ dataset, version }) => {
        const entry = entries.get(dataset);
        if (entry === undefined) return 'new';
        return entry.version === version ? 'known' : 'changed';
      });
    },
    async takeGeneration(claim) {
      const known = entries.get(claim.dataset);
      if ((known?.generation ?? 0) !== claim.expected) return null;
      const entry = known ?? create(claim);
      const { location, ingestion, options, version, takenBy } = claim;
      Object.assign(entry, { location, ingestion, options, version, takenBy, state: 'inspecting' });
      entry.uri = formatLocation(location);
      entry.generation += 1;
      entry.job = { stage: 'discover', id: takenBy };
      delete entry.reason;
      delete entry.lastError;
      note(entry, { stage: 'discover' });
      return entry.generation;
    },
    async claimName({ workspace, name, dataset }) {
      const key = `${workspace}:${name}`;
      const known = names.get(key);
      if (known === undefined) {
        names.set(key, { owner: dataset, leaving: false });
        owned.set(dataset, (owned.get(dataset) ?? new Set<string>()).add(key));
        return dataset;
      }
      if (known.owner !== dataset) return known.owner;
      if (known.leaving) return null;
      left.delete(memberOf({ dataset, workspace, name }));
      return dataset;
    },
    async left(until, limit) {
      const due = [...left.values()].filter(({ since }) => since <= until.getTime());
      return due
        .sort((a, b) => a.since - b.since)
        .slice(0, limit)
        .map(({ place }) => place);
    },
    async leave({ dataset, workspace, name }) {
      const [entry, place] = [entries.get(dataset), `${workspace}:${name}`];
      if (entry?.state !== 'visible' || `${entry.workspace}:${entry.name}` === place) return;
      const known = names.get(place);
      if (known?.owner === dataset && !known.leaving) leave(dataset, place, 0);
    },
    async vacate(place, { until, again }) {
      const known = left.get(memberOf(place));
      const name = names.get(`${place.workspace}:${place.name}`);
      if (known === undefined || known.since > until.getTime()) return false;
      if (name?.owner !== place.dataset) {
        left.delete(memberOf(place));
        return false;
      }
      name.leaving = true;
      known.since = again.getTime();
      return true;
    },
    async free(place, again) {
      if (left.get(memberOf(place))?.since !== again.getTime()) return;
      disown(place.dataset, `${place.workspace}:${place.name}`);
    },
    async retire({ dataset, raster, from }) {
      const member = `${dataset} ${raster}`;
      retired.set(member, Math.max(from.getTime(), retired.get(member) ?? 0));
    },
    async retired(until, limit) {
      const due = [...retired].filter(([, from]) => from <= until.getTime()).sort(([, a], [, b]) => a - b);
      return due.slice(0, limit).map(([member]) => {
        const [dataset = '', raster = ''] = member.split(' ');
        return { dataset, raster };
      });
    },
    async isRetired({ dataset, raster }) {
      return retired.has(`${dataset} ${raster}`);
    },
    async forgetRetired({ dataset, raster }) {
      retired.delete(`${dataset} ${raster}`);
    },
    async sighted(rule, datasets) {
      for (const dataset of datasets) delete fileOf(dataset, rule).since;
    },
    async missed(rule, dataset) {
      const file = fileOf(dataset, rule);
      const at = now().getTime();
      file.since ??= at;
      const ofRule = [...files.values()].filter((one) => one.rule === rule);
      const gone = ofRule.filter(({ since }) => since !== undefined).length;
      return { forMs: Math.max(0, at - file.since), gone, of: ofRule.length };
    },
    async unwatch(dataset) {
      files.delete(dataset);
    },
    async recall(target) {
      return uploads.get(target) ?? null;
    },
    async remember(target, uploadId) {
      uploads.set(target, uploadId);
    },
    async forget(target) {
      uploads.delete(target);
    },
    async alone(target, work) {
      if (held.has(target)) return null;
      held.add(target);
      try {
        return await work();
      } finally {
        held.delete(target);
      }
    },
    async enter(found) {
      for (const one of found) if (!entries.has(one.dataset)) note(create(one), { stage: 'discover' });
    },
    async apply(dataset, generation, patch, step) {
      const entry = entries.get(dataset);
      if (entry === undefined) return 'unknown';
      if (generation < entry.generation) return 'superseded';
      const { state, ...rest } = patch;
      Object.assign(entry, structuredClone(rest));
      if (generation > entry.generation || (state !== undefined && isForward(entry.state, state))) {
        entry.state = state ?? entry.state;
      }
      entry.generation = generation;
      if (SETTLED.has(entry.state)) delete entry.job;
      if (entry.state === 'visible' || entry.state === 'removed') {
        delete entry.reason;
        delete entry.lastError;
      }
      const own = owned.get(dataset) ?? new Set<string>();
      if (entry.state === 'visible' && step.stage === 'register') {
        const others = [...own].filter((place) => place !== `${entry.workspace}:${entry.name}`);
        for (const place of others) leave(dataset, place, now().getTime());
      }
      if (entry.state === 'removed') {
        owned.delete(dataset);
        for (const place of own) if (names.get(place)?.leaving === false) disown(dataset, place);
      }
      note(entry, step);
      return 'applied';
    },
    async steps(dataset) {
      return structuredClone(steps.get(dataset) ?? []);
    },
    async counts(ingestion) {
      const counts = Object.fromEntries(STATES.map((state) => [state, 0])) as Record<DatasetState, number>;
      for (const entry of entries.values()) {
        if (ingestion === undefined || entry.ingestion === ingestion) counts[entry.state] += 1;
      }
      return counts;
    },
  };
}

function placeOf(text: string): Place {
  const [workspace = '', name = ''] = text.split(':');
  return { workspace, name };
}

function isForward(from: DatasetState, to: DatasetState): boolean {
  return STATES.indexOf(to) > STATES.indexOf(from);
}
