import { once } from 'node:events';
import { createServer } from 'node:http';

export interface SilentGeoserver {
  url: string;
  user: string;
  password: string;
  /** `METHOD /path` of every request it was sent, oldest first. */
  requests: string[];
  stop(): Promise<void>;
}

/** In GeoServer's place where nobody may ask it for anything: keeps what it was asked, answers 500. */
export async function startSilentGeoserver(): Promise<SilentGeoserver> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`);
    request.resume();
    response.writeHead(500).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    url: `http://127.0.0.1:${address.port}/geoserver/`,
    user: 'admin',
    password: 'geoserver',
    requests,
    stop: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
