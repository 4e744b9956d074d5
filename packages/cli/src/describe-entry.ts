import type { LedgerEntry, Step } from '@geosluice/jobs';
import { bytes, table } from './output.ts';

/** What a list shows of a dataset in one row. */
export const ENTRY_HEAD = ['dataset', 'state', 'layer', 'title', 'reason or source'] as const;

export function entryRow(entry: LedgerEntry): string[] {
  const layer = entry.name === undefined ? '–' : `${entry.workspace}:${entry.name}`;
  const last = entry.reason === undefined ? entry.uri : `${entry.reason.code}  ${entry.uri}`;
  return [entry.dataset, entry.state, layer, (entry.title ?? '–').slice(0, 40), last];
}

/** Everything known of one dataset, with its history. */
export function describeEntry(entry: LedgerEntry & { steps: Step[] }): string {
  const { facts } = entry;
  const rows: Array<[string, string | undefined]> = [
    ['dataset', entry.dataset],
    ['state', entry.state],
    ['reason', entry.reason && `${entry.reason.code}: ${entry.reason.message}`],
    ['last error', entry.reason === undefined ? entry.lastError : undefined],
    ['source', entry.uri],
    ['title', entry.title],
    ['version', `${entry.version} (generation ${entry.generation})`],
    [
      'raster',
      facts &&
        `${facts.width} × ${facts.height} × ${facts.bands}, ${facts.bitsPerSample} bit ${facts.sampleFormat}, ${facts.compression.name}, ${facts.srs}, ${bytes(facts.size)}`,
    ],
    ['object', entry.object && `s3://${entry.object.bucket}/${entry.object.key}`],
    ['layer', entry.layer && `${entry.layer.workspace}:${entry.layer.name}  ${entry.layer.wms}`],
    ['geonode', entry.geonode && `${entry.geonode.pk}  ${entry.geonode.url}`],
    ['metadata', entry.metadataState],
    ['warnings', entry.warnings.length === 0 ? undefined : entry.warnings.join(', ')],
    ['ingestion', entry.ingestion],
    ['updated', entry.updatedAt],
  ];
  const known = rows.filter((row): row is [string, string] => row[1] !== undefined && row[1] !== '');
  const steps = entry.steps.map(({ at, generation, state, stage, note, error }) => [
    at,
    `${generation}`,
    state,
    stage ?? '–',
    error ?? note ?? '',
  ]);
  const facing = known.map(([name, value]) => `${name.padEnd(11)} ${value}`).join('\n');
  return steps.length === 0 ? facing : `${facing}\n\n${table(['at', 'gen', 'state', 'stage', 'note'], steps)}`;
}
