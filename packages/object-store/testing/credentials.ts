import { once } from 'node:events';
import { createServer } from 'node:http';

export interface CredentialsEndpoint {
  /** How many were given out. */
  given(): number;
  close(): Promise<void>;
}

const VALID_MS = 3_600_000;

/**
 * Gives out temporary credentials, another session token each time, where the AWS chain asks for those of a container. They
 * say of themselves that they last for an hour, whatever the store thinks of it.
 */
export async function startCredentials(): Promise<CredentialsEndpoint> {
  let given = 0;
  const server = createServer((_request, response) => {
    given += 1;
    response.setHeader('content-type', 'application/json');
    response.end(
      JSON.stringify({
        AccessKeyId: 'temporary',
        SecretAccessKey: `secret-${given}`,
        Token: `token-${given}`,
        Expiration: new Date(Date.now() + VALID_MS).toISOString(),
      }),
    );
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) delete process.env[name];
  process.env.AWS_CONTAINER_CREDENTIALS_FULL_URI = `http://127.0.0.1:${port}/credentials`;
  // no file of a developer's own comes first
  process.env.AWS_CONFIG_FILE = '/dev/null';
  process.env.AWS_SHARED_CREDENTIALS_FILE = '/dev/null';
  return {
    given: () => given,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
