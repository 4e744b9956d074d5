import { BlockList, isIP } from 'node:net';

/** Networks that are not the public internet (RFC 6890 and its successors), and those that embed IPv4 addresses. */
const NETWORKS = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
  '::/96',
  '::ffff:0:0/96',
  '64:ff9b::/96',
  '64:ff9b:1::/48',
  '100::/64',
  '2001::/23',
  '2001:db8::/32',
  '2002::/16',
  '3fff::/20',
  '5f00::/16',
  'fc00::/7',
  'fe80::/10',
  'fec0::/10',
  'ff00::/8',
];

/** One list a family: a list of both takes an IPv4 address for its IPv4-mapped form. */
const blocked = { 4: new BlockList(), 6: new BlockList() };
for (const network of NETWORKS) {
  const [address = '', prefix] = network.split('/');
  const family = isIP(address) === 6 ? 6 : 4;
  blocked[family].addSubnet(address, Number(prefix), family === 6 ? 'ipv6' : 'ipv4');
}

/** Whether an IP address is not one of the public internet; true also for what is no address. */
export function isPrivateAddress(address: string): boolean {
  const bare = address.replace(/%.*$/, '');
  const family = isIP(bare);
  if (family === 4) return blocked[4].check(bare, 'ipv4');
  return family !== 6 || blocked[6].check(bare, 'ipv6');
}
