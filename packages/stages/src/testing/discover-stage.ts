import assert from 'node:assert/strict';
import { datasetIdOf, emptyMetadata, type InspectJob, parseLocation, type Stage } from '@geosluice/jobs';
import { readRules, ruledBy } from '@geosluice/rules';
import type { DiscoverPorts } from '../discover/ports.ts';
import { createDiscoverStage } from '../discover/stage.ts';
import { exampleFacts } from './example-facts.ts';

export const TARGET = { bucket: 'geodata', prefix: 'rasters' };

/** A discover stage to which every file is a raster and every sidecar empty; nothing may be removed. `over` says otherwise. */
export function discoverStage(
  over: Pick<DiscoverPorts, 'sources' | 'store' | 'ledger'> & Partial<DiscoverPorts>,
): Stage<'discover'> {
  return createDiscoverStage({
    readRaster: async (reader) => exampleFacts(reader.size),
    readSidecar: () => emptyMetadata('plain'),
    remove: () => assert.fail('nothing is removed here'),
    target: TARGET,
    rules: ruledBy([]),
    defaults: { workspace: 'geosluice', metadata: 'optional', metadataGraceSeconds: 600 },
    ...{ settleMs: 0, maxSpoolBytes: 1e6 },
    ...over,
  });
}

/** One rule for the whole inbox, which says what `fields` do. */
export function inboxRule(fields: string): DiscoverPorts['rules'] {
  return ruledBy(readRules(`version: 1\nrules:\n  - { name: inbox, source: s3://inbox/, ${fields} }`, 'rules.yaml'));
}

export function inspectJobOf(uri: string, over: Partial<InspectJob> = {}): InspectJob {
  const location = parseLocation(uri);
  return {
    ...{ schema: 1, stage: 'discover', kind: 'inspect', ingestion: 'i1', options: {} },
    ...{ dataset: datasetIdOf(location), location, reason: 'listed', force: false, nonce: '', seen: '' },
    ...over,
  };
}
