import { type Job, jobIdOf, type Outcome } from '@geosluice/jobs';
import type { Internals } from '../../../../packages/pipeline/src/internals.ts';
import { endOf, patchOf } from '../../../../packages/pipeline/src/runner/advance.ts';
import type { Road } from './dataset.ts';
import { RULE } from './rule.ts';

/** How far a dataset is brought: its publish job is the next, or it is in GeoNode. */
export type Goal = 'publishing' | 'visible';

let pk = 0;

/** Tells the ledger of datasets what the workers' runs would tell it, step by step and by the same scripts. */
export async function walk({ ledger }: Internals, roads: readonly Road[], goal: Goal): Promise<void> {
  const found = roads.map(({ inspect }) => {
    const { dataset, location, ingestion, options } = inspect;
    return { dataset, location, ingestion, options, job: jobIdOf(inspect) };
  });
  await ledger.enterJobs(found, { move: false });
  await Promise.all(roads.map((road) => walkOne(ledger, road, goal)));
}

async function walkOne(ledger: Internals['ledger'], road: Road, goal: Goal): Promise<void> {
  const { inspect, upload, publish, register } = road;
  const { dataset, version, workspace, name, facts, metadata, metadataState } = upload;
  const { location, ingestion } = inspect;
  // as the discover stage keeps them: under the name of the rule that holds
  const options = { ...inspect.options, rule: RULE };
  const claim = { dataset, location, ingestion, options, expected: 0, version, takenBy: jobIdOf(inspect) };
  const generation = await ledger.takeGeneration(claim);
  if (generation !== upload.generation) throw new Error(`${dataset} is in the ledger already`);
  const owner = await ledger.claimName({ workspace, name, dataset });
  if (owner !== dataset) throw new Error(`the name ${name} is ${owner}'s`);
  const ended = async (job: Job, outcome: Outcome): Promise<void> => {
    const note = outcome.note === undefined ? {} : { note: outcome.note };
    const step = { stage: job.stage, ...note };
    const answer = await ledger.record(dataset, generation, patchOf(job, outcome), step, endOf(job, outcome));
    if (answer !== 'applied') throw new Error(`${dataset}, ${job.stage}: ${answer}`);
  };
  const warnings = [...facts.warnings, ...metadata.warnings];
  const described = { workspace, name, title: metadata.title ?? name, metadataState, facts, warnings };
  await ended(inspect, { kind: 'next', record: described, jobs: [upload] });
  await ended(upload, { kind: 'next', record: {}, note: 'server-side', jobs: [publish] });
  if (goal === 'publishing') return;
  const { layer, object } = register;
  await ended(publish, { kind: 'next', record: { layer, object, publishedVersion: version }, jobs: [register] });
  pk += 1;
  const geonode = { pk, uuid: crypto.randomUUID(), url: `http://geonode.test/catalogue/#/dataset/${pk}` };
  await ended(register, { kind: 'done', record: { state: 'visible', geonode } });
}
