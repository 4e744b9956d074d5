import { LOADS } from './loads.ts';
import type { Summary } from './results.ts';
import type { ServerName } from './servers/server.ts';

const [WIDTH, LABEL, FIGURE, ROW, GAP] = [760, 120, 60, 22, 44];
const [OURS, THEIRS] = ['#0f766e', '#94a3b8'];

/** Client CPU seconds a GiB as bars, a group a load, the cheapest first; empty groups are left out. */
export function cpuPlot(server: ServerName, summaries: readonly Summary[]): string {
  const lines: string[] = [];
  let y = 34;
  for (const load of LOADS) {
    const here = summaries
      .filter((one) => one.server === server && one.load === load.name)
      .toSorted((a, b) => a.cpu.median - b.cpu.median);
    if (here.length === 0) continue;
    const most = Math.max(...here.map(({ cpu }) => cpu.median));
    lines.push(`<text x="10" y="${y + 14}" font-weight="bold">${load.title}</text>`);
    y += ROW;
    for (const { client, cpu } of here) {
      const length = ((WIDTH - LABEL - FIGURE) * cpu.median) / most;
      lines.push(
        `<text x="${LABEL - 8}" y="${y + 14}" text-anchor="end">${client}</text>`,
        `<rect x="${LABEL}" y="${y + 2}" width="${length.toFixed(1)}" height="16" fill="${client === 'ours' ? OURS : THEIRS}"/>`,
        `<text x="${(LABEL + length + 6).toFixed(1)}" y="${y + 14}">${cpu.median.toFixed(2)}</text>`,
      );
      y += ROW;
    }
    y += GAP - ROW;
  }
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${y}" viewBox="0 0 ${WIDTH} ${y}"`,
    '  font-family="sans-serif" font-size="13" fill="#334155">',
    '<rect width="100%" height="100%" fill="#ffffff"/>',
    `<text x="10" y="20" font-size="15">Client CPU seconds a GiB to ${server}, median</text>`,
    ...lines,
    '</svg>',
    '',
  ].join('\n');
}
