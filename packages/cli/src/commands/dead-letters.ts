import { EXIT } from '../exit-codes.ts';
import { type Output, table } from '../output.ts';
import type { CliPorts } from '../ports.ts';

export async function deadLetters(
  query: { code?: string; stage?: string; limit: number; cursor?: string },
  ports: CliPorts,
  output: Output,
  signal: AbortSignal,
): Promise<number> {
  const page = await ports.gateway().deadLetters(query, signal);
  output.result(page, () => {
    if (page.deadLetters.length === 0) return 'no dead letters';
    const rows = page.deadLetters.map(({ entry, stage, code, message }) => [
      entry.dataset,
      stage,
      code,
      entry.uri,
      message,
    ]);
    const more = page.cursor === null ? '' : `\n\nmore: --cursor ${page.cursor}`;
    return table(['dataset', 'stage', 'code', 'source', 'message'], rows) + more;
  });
  return EXIT.ok;
}

export async function replay(
  request: { datasets: string[]; code?: string; stage?: string; all: boolean; asItWas: boolean },
  ports: CliPorts,
  output: Output,
  signal: AbortSignal,
): Promise<number> {
  const { datasets, code, stage, all, asItWas } = request;
  if (datasets.length === 0 && code === undefined && stage === undefined && !all) {
    output.problem('name datasets, --code, --stage, or --all');
    return EXIT.usage;
  }
  const query = {
    ...(datasets.length > 0 ? { datasets } : {}),
    ...(code === undefined ? {} : { code }),
    ...(stage === undefined ? {} : { stage }),
    asItWas,
  };
  const replayed = await ports.gateway().replay(query, signal);
  output.result({ replayed }, () => `${replayed} replayed`);
  return EXIT.ok;
}
