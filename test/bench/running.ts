import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exitCodeOf, type Goal } from './goal.ts';
import { asText, goalsTable, type Table } from './table.ts';

/** What every bench has while it runs. */
export interface Running {
  /** A folder of its own, gone when it ends; below GEOSLUICE_BENCH_FOLDER where that is set. */
  folder: string;
  /** Tells how it goes, with the seconds since its begin. */
  say(text: string): void;
  /** Aborted when it is to end early. */
  signal: AbortSignal;
}

/** The bench cannot tell anything, as what it compares with was not itself. */
export class VoidRun extends Error {
  readonly code = 'void-run';
}

/**
 * Runs a bench from the command line: 0 where all goals hold, 1 where one falls short or it failed, 2 where it was asked wrongly.
 * @param readAsked throws what is wrong with the arguments
 */
export async function runBench<Asked>(
  name: string,
  usage: string,
  readAsked: (args: readonly string[]) => Asked,
  measure: (asked: Asked, running: Running) => Promise<{ tables: readonly Table[]; goals: readonly Goal[] }>,
): Promise<void> {
  let asked: Asked;
  try {
    asked = readAsked(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`bench:${name}: ${(error as Error).message}\n\n${usage}`);
    process.exitCode = 2;
    return;
  }
  const begun = performance.now();
  const ending = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => ending.abort());
  const folder = await mkdtemp(join(process.env.GEOSLUICE_BENCH_FOLDER ?? tmpdir(), 'geosluice-bench-'));
  // processes of ours refuse what is no setting of theirs
  delete process.env.GEOSLUICE_BENCH_FOLDER;
  try {
    const { tables, goals } = await measure(asked, {
      ...{ folder, signal: ending.signal },
      say(text) {
        process.stdout.write(`${((performance.now() - begun) / 1000).toFixed(0).padStart(5)} s  ${text}\n`);
      },
    });
    process.stdout.write(`\n${[...tables, goalsTable(goals)].map(asText).join('\n')}`);
    process.exitCode = exitCodeOf(goals);
  } catch (error) {
    const why = ending.signal.aborted ? 'ended early' : (error as Error).stack;
    process.stderr.write(`bench:${name}: ${error instanceof VoidRun ? `void: ${error.message}` : why}\n`);
    process.exitCode = 1;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
