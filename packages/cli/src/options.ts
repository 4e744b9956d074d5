import { type IngestOptions, ingestOptionsSchema } from '@geosluice/jobs';
import { type Command, InvalidArgumentError, Option } from 'commander';

const integer = (text: string): number => {
  const value = Number(text);
  if (!Number.isInteger(value)) throw new InvalidArgumentError('write a whole number');
  return value;
};
const collect = (text: string, before: string[] = []): string[] => [...before, text];

/** The options of an ingestion as flags, from the same names as the HTTP API has. */
export function withIngestOptions(command: Command): Command {
  return command
    .option('--workspace <name>', 'GeoServer workspace')
    .option('--name <layer>', 'layer name (one file only)')
    .option('--title <text>', 'title, instead of the sidecar’s')
    .option('--srs <EPSG:code>', 'CRS of files that name none')
    .addOption(new Option('--store <kind>', 'kind of coverage store').choices(['s3geotiff', 'cog']))
    .option('--style <name>', 'default style, one that is in GeoServer')
    .addOption(
      new Option('--storage <rule>', 'copy the raster, or serve it where it lies').choices(['copy', 'in-place']),
    )
    .addOption(new Option('--after <rule>', 'what becomes of the file in the inbox').choices(['keep', 'delete', 'tag']))
    .addOption(new Option('--metadata <rule>', 'whether a sidecar is needed').choices(['optional', 'required']))
    .option('--metadata-grace-seconds <n>', 'how long a required sidecar is waited for', integer)
    .option('--language <code>', 'preferred language of titles')
    .option('--owner <user>', 'GeoNode owner')
    .option('--group <group>', 'GeoNode group')
    .addOption(new Option('--permissions <who>', 'who may see it').choices(['public', 'owner', 'group']))
    .option('--category <topic>', 'ISO 19115 topic category')
    .option('--license <name>', 'licence where the sidecar gives none')
    .option('--keyword <word>', 'a keyword to add (repeatable)', collect)
    .option('--region <name>', 'a region to add (repeatable)', collect)
    .addOption(new Option('--priority <order>', 'order of work').choices(['interactive', 'bulk', 'reconcile']));
}

/** @throws ZodError naming the flag’s field where a value is wrong */
export function readIngestOptions(flags: Record<string, unknown>): IngestOptions {
  const { keyword, region, ...rest } = flags;
  const known = Object.keys(ingestOptionsSchema.shape);
  const picked = Object.entries(rest).filter(([name, value]) => known.includes(name) && value !== undefined);
  return ingestOptionsSchema.parse({
    ...Object.fromEntries(picked),
    ...(keyword === undefined ? {} : { keywords: keyword }),
    ...(region === undefined ? {} : { regions: region }),
  });
}
