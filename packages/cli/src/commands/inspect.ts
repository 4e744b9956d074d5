import { pathToFileURL } from 'node:url';
import { type IngestOptions, isReasonCode, parseLocation, REASONS } from '@geosluice/jobs';
import { EXIT } from '../exit-codes.ts';
import { bytes, type Output } from '../output.ts';
import type { CliPorts, Inspection } from '../ports.ts';
import { readSource } from '../sources.ts';

export async function inspect(
  request: { source: string; options: IngestOptions; from: string },
  ports: CliPorts,
  output: Output,
  signal: AbortSignal,
): Promise<number> {
  const typed = readSource(request.source, request.from);
  const location = typed.kind === 'uri' ? typed.location : parseLocation(pathToFileURL(typed.path).href);
  const inspection = await ports.inspect(location, request.options, signal);
  output.result(inspection, () => describeInspection(inspection, output));
  return inspection.verdict === 'accepted' ? EXIT.ok : EXIT.refused;
}

function describeInspection(inspection: Inspection, output: Output): string {
  const { facts, metadata, reason } = inspection;
  const rows: Array<[string, string]> = [['source', inspection.source]];
  if (reason === null) rows.push(['verdict', output.paint('green', `accepted, as layer ${inspection.layer}`)]);
  else {
    rows.push(['verdict', output.paint('red', `rejected: ${reason.code}`)], ['', reason.message]);
    if (isReasonCode(reason.code)) rows.push(['', REASONS[reason.code]]);
  }
  if (facts !== null) {
    rows.push(
      [
        'pixels',
        `${facts.width} × ${facts.height}, ${count(facts.bands, 'band')} of ${facts.bitsPerSample} bit ${facts.sampleFormat}`,
      ],
      [
        'file',
        `${facts.bigTiff ? 'BigTIFF' : 'TIFF'}${facts.cog ? ', cloud optimized' : ''}, ${bytes(facts.size)}, ${facts.compression.name}`,
      ],
      [
        'blocks',
        `${facts.tiled ? 'tiles' : 'strips'} of ${facts.blockWidth} × ${facts.blockHeight}, ${count(facts.overviews.length, 'overview')}`,
      ],
      ['nodata', facts.nodata ?? 'none'],
      ['crs', `${facts.srs}${facts.srsDeclared ? ' (declared)' : ''}`],
      ['bounds', facts.nativeBbox.map((value) => Number(value.toPrecision(12))).join(', ')],
      ['wgs84', facts.wgs84Bbox.map((value) => value.toFixed(6)).join(', ')],
    );
    if (facts.warnings.length > 0) rows.push(['warnings', facts.warnings.join(', ')]);
  }
  rows.push(['sidecars', inspection.sidecars.map(({ role, name }) => `${name} (${role})`).join(', ') || 'none']);
  if (metadata !== null && inspection.metadataState !== 'none') {
    rows.push(['metadata', `${inspection.metadataState}, ${metadata.dialect}`]);
    if (metadata.title !== null) rows.push(['title', metadata.title]);
    if (metadata.keywords.length > 0) rows.push(['keywords', metadata.keywords.join(', ')]);
    if (metadata.warnings.length > 0) rows.push(['', metadata.warnings.join(', ')]);
  }
  rows.push(['cost', `${count(inspection.reads.requests, 'read')}, ${bytes(inspection.reads.bytes)}`]);
  return rows.map(([name, value]) => `${name.padEnd(9)} ${value}`).join('\n');
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}
