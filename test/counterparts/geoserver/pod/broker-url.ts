export interface BrokerAddress {
  /** Tried one after the other. */
  hosts: Array<{ host: string; port: number }>;
  user?: string;
  password?: string;
}

/** Reads ActiveMQ's `tcp://host:port?…` or `failover:(tcp://a:1,tcp://b:2)?jms.userName=…&jms.password=…`. */
export function parseBrokerUrl(url: string): BrokerAddress {
  const hosts = [...url.matchAll(/(?:tcp|nio):\/\/([^:/?,)]+):(\d+)/g)].map(([, host = '', port]) => ({
    host,
    port: Number(port),
  }));
  if (hosts.length === 0) throw new Error(`brokerURL names no tcp://host:port: ${url.split('?')[0]}`);
  const option = (name: string) => {
    const value = new RegExp(`[?&]${name.replace('.', '\\.')}=([^&,)]*)`).exec(url)?.[1];
    return value === undefined ? undefined : decodeURIComponent(value);
  };
  const [user, password] = [option('jms.userName'), option('jms.password')];
  return { hosts, ...(user === undefined ? {} : { user }), ...(password === undefined ? {} : { password }) };
}
