import { randomUUID } from 'node:crypto';
import { GeosluiceError, STATES } from '@geosluice/jobs';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import * as datasets from './commands/datasets.ts';
import * as dead from './commands/dead-letters.ts';
import { doctor } from './commands/doctor.ts';
import { ingest } from './commands/ingest.ts';
import { inspect } from './commands/inspect.ts';
import { reconcile } from './commands/reconcile.ts';
import { rules } from './commands/rules.ts';
import { smoke } from './commands/smoke.ts';
import { sweepUploads } from './commands/sweep-uploads.ts';
import * as watches from './commands/watch.ts';
import { EXIT } from './exit-codes.ts';
import { readIngestOptions, withIngestOptions } from './options.ts';
import { createOutput, type Output, type Streams, table } from './output.ts';
import type { CliPorts } from './ports.ts';

export interface CliEnvironment extends Streams {
  ports: CliPorts;
  signal: AbortSignal;
  version: string;
  /** Where the command was typed; relative paths start here. */
  cwd: string;
}

/** What was asked for is not there. */
const UNKNOWN: ReadonlySet<string> = new Set(['DATASET_UNKNOWN', 'INGESTION_UNKNOWN', 'WATCH_UNKNOWN']);
/** The gateway does not take the key: GEOSLUICE_KEY is missing, wrong, or without the scope. */
const KEYS: ReadonlySet<string> = new Set(['KEY_MISSING', 'KEY_UNKNOWN', 'SCOPE_MISSING']);

type Run = (output: Output, signal: AbortSignal) => Promise<number>;

/** Runs one command line. @returns the exit code */
export async function runCli(argv: readonly string[], env: CliEnvironment): Promise<number> {
  let run: Run | undefined;
  const program = createProgram(env, (chosen) => {
    run = chosen;
  });
  try {
    await program.parseAsync([...argv], { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    return report(error, createOutput(env, argv.includes('--json')), env.signal);
  }
  const output = createOutput(env, argv.includes('--json'));
  if (run === undefined) return EXIT.usage;
  try {
    return await run(output, env.signal);
  } catch (error) {
    return report(error, output, env.signal);
  }
}

function report(error: unknown, output: Output, signal: AbortSignal): number {
  if (signal.aborted) return EXIT.interrupted;
  const code = (error as { code?: unknown }).code;
  const message = error instanceof Error ? error.message : String(error);
  if (output.json) output.line(JSON.stringify({ error: { code: typeof code === 'string' ? code : 'ERROR', message } }));
  else output.problem(`geosluice: ${message}`);
  if ((error as Error).name === 'ZodError' || code === 'INVALID_OPTIONS' || code === 'CONFIG_INVALID')
    return EXIT.usage;
  if (typeof code === 'string' && UNKNOWN.has(code)) return EXIT.unknown;
  if (typeof code === 'string' && KEYS.has(code)) return EXIT.usage;
  if (code === 'SMOKE_REFUSED') return EXIT.refused;
  return error instanceof GeosluiceError && error.means === 'reject' ? EXIT.refused : EXIT.unavailable;
}

function createProgram({ ports, version, stdout, stderr, cwd }: CliEnvironment, choose: (run: Run) => void): Command {
  const program = new Command('geosluice')
    .description('Brings rasters into GeoNode at scale.')
    .version(version)
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({ writeOut: (text) => void stdout.write(text), writeErr: (text) => void stderr.write(text) })
    .showHelpAfterError('(geosluice --help tells all commands)');
  // --json goes with every command, wherever it is written
  const command = (parent: Command, usage: string, summary: string): Command =>
    parent.command(usage).description(summary).option('--json', 'one JSON document instead of text');

  withIngestOptions(
    command(
      program,
      'ingest <source...>',
      'bring rasters in: s3://, https://, file:/// uris, or paths of this machine',
    ),
  )
    .option('--wait', 'follow it to the end; exit 1 where something became a dead letter', false)
    .option('--idempotency-key <key>', 'the same key starts the same ingestion once')
    .action((sources: string[], flags) =>
      choose((output, signal) =>
        ingest(
          {
            sources,
            options: readIngestOptions(flags),
            wait: flags.wait === true,
            from: cwd,
            ...(flags.idempotencyKey === undefined ? {} : { idempotencyKey: String(flags.idempotencyKey) }),
          },
          ports,
          output,
          signal,
        ),
      ),
    );
  withIngestOptions(
    command(program, 'inspect <source>', 'header facts, metadata and verdict of one file; nothing is enqueued'),
  ).action((source: string, flags) =>
    choose((output, signal) =>
      inspect({ source, options: readIngestOptions(flags), from: cwd }, ports, output, signal),
    ),
  );
  command(program, 'status [ingestion]', 'how much is where; or how far one ingestion is')
    .option('--wait', 'follow it to the end', false)
    .action((ingestion: string | undefined, flags) =>
      choose((output, signal) =>
        datasets.status(
          { wait: flags.wait === true, ...(ingestion === undefined ? {} : { ingestion }) },
          ports,
          output,
          signal,
        ),
      ),
    );
  command(program, 'ls', 'list datasets, newest first')
    .addOption(new Option('--state <state>').choices(STATES))
    .option('--q <text>', 'in name, title or source')
    .option('--ingestion <id>')
    .option('--bbox <w,s,e,n>', 'degrees')
    .option('--limit <n>', 'rows a page', limit, 50)
    .option('--cursor <cursor>', 'where the last page ended')
    .action(({ json: _, ...query }) => choose((output, signal) => datasets.ls(query, ports, output, signal)));
  command(program, 'show <dataset>', 'all that is known of one dataset, with its history').action((id: string) =>
    choose((output, signal) => datasets.show(id, ports, output, signal)),
  );
  command(program, 'retry <dataset...>', 'start datasets again at inspect, with today’s rules').action(
    (ids: string[]) => choose((output, signal) => datasets.retry(ids, ports, output, signal)),
  );
  command(program, 'rm <dataset...>', 'take datasets out of GeoNode, GeoServer and the target bucket')
    .option('--keep-object', 'leave the object in the bucket', false)
    .action((ids: string[], flags) =>
      choose((output, signal) =>
        datasets.rm({ datasets: ids, mode: flags.keepObject === true ? 'unpublish' : 'delete' }, ports, output, signal),
      ),
    );

  const watch = program.command('watch').description('prefixes that are listed again and again');
  withIngestOptions(command(watch, 'add <id> <source>', 'watch a prefix or folder; again to change it'))
    .option('--interval-seconds <n>', 'between two listings', limit, 300)
    .action((id: string, source: string, flags) =>
      choose((output, signal) =>
        watches.addWatch(
          { id, source, options: readIngestOptions(flags), intervalSeconds: flags.intervalSeconds },
          ports,
          output,
          signal,
        ),
      ),
    );
  command(watch, 'ls', 'list watches').action(() =>
    choose((output, signal) => watches.listWatches(ports, output, signal)),
  );
  command(watch, 'rm <id>', 'stop watching; datasets stay').action((id: string) =>
    choose((output, signal) => watches.removeWatch(id, ports, output, signal)),
  );

  const letters = command(program, 'dead-letters', 'what cannot go on without a person')
    .option('--code <reason>')
    .option('--stage <stage>')
    .option('--limit <n>', 'rows a page', limit, 50)
    .option('--cursor <cursor>')
    .action(({ json: _, ...query }) => choose((output, signal) => dead.deadLetters(query, ports, output, signal)));
  command(letters, 'replay [dataset...]', 'send dead letters back to inspect')
    .option('--code <reason>')
    .option('--stage <stage>')
    .option('--all', 'all of them', false)
    .option('--as-it-was', 'retry the stored job instead', false)
    .action((ids: string[], flags) =>
      choose((output, signal) =>
        dead.replay(
          {
            datasets: ids,
            all: flags.all === true,
            asItWas: flags.asItWas === true,
            ...(flags.code === undefined ? {} : { code: String(flags.code) }),
            ...(flags.stage === undefined ? {} : { stage: String(flags.stage) }),
          },
          ports,
          output,
          signal,
        ),
      ),
    );

  command(program, 'config', 'the configuration in force, secrets masked').action(() =>
    choose(async (output) => {
      const rows = ports.config();
      output.result(rows, () =>
        table(
          ['name', 'value', 'from'],
          rows.map(({ name, value, source }) => [name, value, source]),
        ),
      );
      const wrong = rows.some(({ source }) => source === 'wrong');
      return wrong ? EXIT.usage : EXIT.ok;
    }),
  );
  command(program, 'rules <file> [uri]', 'check a rules file; with a uri, tell what would become of that file').action(
    (file: string, uri: string | undefined) =>
      choose((output) => rules({ file, from: cwd, ...(uri === undefined ? {} : { uri }) }, output)),
  );
  command(program, 'reconcile', 'compare the ledger with bucket, GeoServer’s nodes, GeoNode and sources')
    .option('--repair', 'mend what differs', false)
    .option('--cap-percent <n>', 'of all datasets that may be taken away without a word', percent, 5)
    .option('--yes', 'take away whatever nothing leads to, however much it is', false)
    .option('--csv', 'a table for other programs; with --json a document a line', false)
    .action((flags) =>
      choose((output, signal) =>
        reconcile(
          {
            repair: flags.repair === true,
            yes: flags.yes === true,
            capPercent: flags.capPercent,
            csv: flags.csv === true,
          },
          ports,
          output,
          signal,
        ),
      ),
    );
  command(program, 'doctor', 'try every counterpart and say what to do').action(() =>
    choose((output, signal) => doctor(ports, output, signal)),
  );
  command(program, 'smoke', 'send one tiny raster all the way through, and take it away again')
    .option('--timeout <seconds>', 'for all of it', limit, 300)
    .option('--map', 'fetch its map from GeoServer’s public address too', false)
    .option('--keep', 'leave it where it is', false)
    .action((flags) =>
      choose((output, signal) =>
        smoke(
          {
            id: randomUUID().slice(0, 8),
            timeoutSeconds: flags.timeout,
            map: flags.map === true,
            keep: flags.keep === true,
          },
          ports,
          output,
          signal,
        ),
      ),
    );
  command(program, 'sweep-uploads', 'give back what unfinished uploads left in the target bucket')
    .option('--older-than-hours <n>', 'begun longer ago than that', limit, 168)
    .action((flags) =>
      choose((output, signal) => sweepUploads({ olderThanHours: flags.olderThanHours }, ports, output, signal)),
    );
  command(program, 'up', 'the gateway and all workers in one process, until Ctrl-C').action(() =>
    choose(async (_output, signal) => {
      await ports.up(signal);
      return EXIT.ok;
    }),
  );
  return program;
}

function percent(text: string): number {
  const value = Number(text);
  if (!(value >= 0 && value <= 100)) throw new InvalidArgumentError('write a number from 0 to 100');
  return value;
}

function limit(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('write a whole number above 0');
  return value;
}
