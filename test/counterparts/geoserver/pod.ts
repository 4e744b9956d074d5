import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { readSettings } from './pod/settings.ts';
import { startPod } from './pod/start.ts';

/**
 * A GeoServer as one process on one data directory, in place of the image geosluice/geoserver: it takes its settings from
 * what docker/geoserver/start.sh leaves, and talks to the other nodes over the broker. `--port`, else 8080.
 */
const { values } = parseArgs({ options: { port: { type: 'string', default: '8080' } }, strict: false });
const log = (text: string) => process.stdout.write(`geoserver stand-in: ${text}\n`);
const ended = Promise.race([once(process, 'SIGTERM'), once(process, 'SIGINT')]);
const pod = await Promise.race([startPod(readSettings(process.env), Number(values.port), log), ended.then(() => null)]);
if (pod === null) process.exit(0);
await ended;
log('stopping');
await pod.stop();
process.exit(0);
