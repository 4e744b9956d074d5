import type { Report, Summary } from '@geosluice/reconcile';
import { EXIT } from '../exit-codes.ts';
import type { Output } from '../output.ts';
import type { CliPorts } from '../ports.ts';

export interface ReconcileFlags {
  repair: boolean;
  yes: boolean;
  /** Of all datasets that may be taken away without `yes`, 0 to 100. */
  capPercent: number;
  csv: boolean;
}

const COLUMNS = ['difference', 'place', 'dataset', 'subject', 'what', 'repair', 'outcome', 'error'] as const;

/** Compares all systems, and mends what differs. Reports are written as they come: there may be a hundred thousand. */
export async function reconcile(
  flags: ReconcileFlags,
  ports: CliPorts,
  output: Output,
  signal: AbortSignal,
): Promise<number> {
  const write = writerOf(output, flags.csv);
  const counts = new Map<Report['outcome'], number>();
  const { repair, yes, capPercent } = flags;
  const onProgress = (compared: number): void => output.status(`${compared} datasets compared`);
  const running = ports.reconcile({ repair, yes, share: capPercent / 100, signal, onProgress });
  for (;;) {
    const { value, done } = await running.next();
    if (done === true) {
      write.end(value, counts);
      const mended = [...counts.keys()].every((outcome) => outcome === 'asked' || outcome === 'done');
      return mended && value.notCompared.length === 0 ? EXIT.ok : EXIT.refused;
    }
    counts.set(value.outcome, (counts.get(value.outcome) ?? 0) + 1);
    write.report(value);
  }
}

interface Writer {
  report(report: Report): void;
  end(summary: Summary, counts: ReadonlyMap<Report['outcome'], number>): void;
}

/** Text for people, a JSON document a line, or CSV (RFC 4180). */
function writerOf(output: Output, csv: boolean): Writer {
  if (output.json) {
    return {
      report: (report) => output.line(JSON.stringify(report)),
      end: (summary, counts) => output.line(JSON.stringify({ summary: { ...summary, ...Object.fromEntries(counts) } })),
    };
  }
  if (csv) {
    output.line(COLUMNS.join(','));
    return {
      report: (report) => output.line(COLUMNS.map((column) => cell(report[column] ?? '')).join(',')),
      end: (summary) => tellSilent(summary, output),
    };
  }
  return {
    report({ difference, place, dataset, subject, what, outcome, error }) {
      const colour = outcome === 'asked' || outcome === 'done' ? 'green' : outcome === 'found' ? 'yellow' : 'red';
      const about = [subject, dataset].filter((text) => text !== '').join(' ');
      output.line(`${output.paint(colour, difference.padEnd(9))} ${place}: ${about}`);
      output.line(`  ${what}${OUTCOMES[outcome]}${error === undefined ? '' : `: ${error}`}`);
    },
    end(summary, counts) {
      tellSilent(summary, output);
      output.line(summaryOf(summary, counts));
    },
  };
}

const OUTCOMES: Record<Report['outcome'], string> = {
  found: '',
  asked: ' → on its way',
  done: ' → mended',
  held: ' → held',
  failed: ' → failed',
};

function tellSilent({ notCompared }: Summary, output: Output): void {
  for (const { place, error } of notCompared) output.problem(`not compared, ${place}: ${error}`);
}

function summaryOf({ datasets, nodes, held, most }: Summary, counts: ReadonlyMap<Report['outcome'], number>): string {
  const compared = `${datasets} datasets compared on ${nodes.length} nodes of GeoServer`;
  const all = [...counts.values()].reduce((sum, count) => sum + count, 0);
  if (all === 0) return `${compared}; nothing differs`;
  const found = counts.get('found') ?? 0;
  const told = [
    `${all} ${all === 1 ? 'thing differs' : 'things differ'}`,
    ...(['asked', 'done', 'failed'] as const).flatMap((outcome) => {
      const count = counts.get(outcome) ?? 0;
      return count === 0 ? [] : [`${count}${OUTCOMES[outcome].replace(' →', '')}`];
    }),
    ...(held === 0 ? [] : [`${held} would be taken away, more than ${most}: look at them, then add --yes`]),
  ].join('; ');
  return `${compared}; ${told}${found > 0 && held === 0 && all === found ? '; --repair mends what can be mended' : ''}`;
}

function cell(text: string): string {
  // a spreadsheet would run what begins like a formula
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
