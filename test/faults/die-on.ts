import { subscribe } from 'node:diagnostics_channel';
import type { ClientRequest } from 'node:http';

/**
 * Loaded into a worker by `--import`: the process dies, as by a fault in native code or for want of memory, as soon as it
 * asks for an object whose key holds what GEOSLUICE_TEST_DIE_ON says.
 */
const marker = process.env.GEOSLUICE_TEST_DIE_ON ?? '';

subscribe('http.client.request.start', (message) => {
  const { path } = (message as { request: ClientRequest }).request;
  // the listing names it in a query; only a look at the file itself is deadly
  if (marker !== '' && (path.split('?')[0] ?? '').includes(marker)) process.kill(process.pid, 'SIGKILL');
});
