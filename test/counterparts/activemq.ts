import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { activemqHome, java } from './activemq/install.ts';
import { connectStomp } from './activemq/stomp.ts';
import { keepServer, type ServerLife, startProcess, withFreshPorts } from './server-process.ts';

export { ACTIVEMQ_VERSION } from './activemq/install.ts';

export interface ActiveMq extends ServerLife {
  host: string;
  /** Of OpenWire and of STOMP: the broker tells them apart. */
  port: number;
  user: string;
  password: string;
  /** As GeoServer's JMS cluster takes it in `brokerURL`, the login included. */
  brokerUrl: string;
}

/**
 * The command that runs ActiveMQ in place of the image apache/activemq-classic: OpenWire and STOMP on 61616
 * (`ACTIVEMQ_PORT`), login from `ACTIVEMQ_CONNECTION_USER` and `_PASSWORD`, data in `/opt/apache-activemq/data`
 * (`ACTIVEMQ_DATA`).
 */
export async function activemqCommand(): Promise<string[]> {
  return ['sh', fileURLToPath(new URL('activemq/run.sh', import.meta.url)), await java(), await activemqHome()];
}

/** A real ActiveMQ Classic with a login and its messages on disk. */
export async function startActiveMq(options: { port?: number } = {}): Promise<ActiveMq> {
  if (options.port !== undefined) return startOn(options.port);
  return withFreshPorts(1, ([port]) => startOn(port!));
}

async function startOn(port: number): Promise<ActiveMq> {
  const [command = '', ...args] = await activemqCommand();
  const folder = await mkdtemp(join(tmpdir(), 'geosluice-activemq-'));
  const [host, user, password] = ['127.0.0.1', 'geosluice', 'a pass&word'];
  const env = {
    ACTIVEMQ_PORT: String(port),
    ACTIVEMQ_DATA: join(folder, 'data'),
    ACTIVEMQ_CONNECTION_USER: user,
    ACTIVEMQ_CONNECTION_PASSWORD: password,
  };
  const probe = async () => {
    const stomp = await connectStomp({ host, port, user, password });
    await stomp.close();
  };
  const life = await keepServer(folder, () =>
    startProcess({ name: 'ActiveMQ', command, args, folder, env, probe, readyWithinMs: 120_000 }),
  );
  const login = `jms.userName=${encodeURIComponent(user)}&jms.password=${encodeURIComponent(password)}`;
  return { ...life, host, port, user, password, brokerUrl: `failover:(tcp://${host}:${port})?${login}` };
}
