import type { Goal } from './goal.ts';
import { type Machine, thisMachine } from './machine.ts';
import { asMarkdown, goalsTable, type Table } from './table.ts';

/** What a bench without clients to choose from found: tables, and how far its goals are reached. */
export interface Measured {
  /** The day it ended. */
  date: string;
  commit: string;
  machine: Machine;
  tables: Table[];
  goals: Goal[];
  /** What a reader must know to read them, a sentence or two each. */
  remarks: string[];
}

export function measuredNow(commit: string, found: Pick<Measured, 'tables' | 'goals' | 'remarks'>): Measured {
  return { date: new Date().toISOString().slice(0, 10), commit, machine: thisMachine(), ...found };
}

/** One line for where and when, as every result has it. */
export function whereAndWhen({ date, commit, machine }: Pick<Measured, 'date' | 'commit' | 'machine'>): string {
  const { cpu, cores, memory, kernel, node } = machine;
  return `${date}, commit \`${commit}\`, ${cpu}, ${cores} cores, ${memory} GiB, ${kernel}, Node ${node}.`;
}

/** A section of docs/performance.md. */
export function sectionOf(title: string, method: string, measured: Measured | null): string {
  const results =
    measured === null
      ? ['No run was kept yet.', '']
      : [
          whereAndWhen(measured),
          '',
          ...measured.tables.map(asMarkdown),
          asMarkdown(goalsTable(measured.goals)),
          ...measured.remarks.map((remark) => `- ${remark}`),
          ...(measured.remarks.length > 0 ? [''] : []),
        ];
  return [`## ${title}`, '', method, ...results].join('\n');
}
