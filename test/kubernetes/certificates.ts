import { join } from 'node:path';
import { aptInstall, findOnPath, runInstaller } from '../counterparts/packages.ts';

/** Paths of the PEM files a control plane and its kubelet need. */
export interface Certificates {
  ca: string;
  /** The serving certificate of the API server, the kubelet and the metrics server. */
  serving: KeyPair;
  /** A client in the group system:masters. */
  admin: KeyPair;
  /** Signs what the API server shows to extension servers (the aggregation layer). */
  frontProxyCa: string;
  frontProxy: KeyPair;
  /** The key service account tokens are signed with, and its public half. */
  serviceAccounts: KeyPair;
}

interface KeyPair {
  cert: string;
  key: string;
}

/** Elliptic keys: made in milliseconds, where RSA takes a second a piece. */
const SCRIPT = `
set -e
cd "$1"
names=$2
key() { openssl ecparam -name prime256v1 -genkey -noout -out "$1.key"; }
ca() {
  key "$1"
  openssl req -x509 -new -key "$1.key" -subj "/CN=$1" -days 30 -out "$1.crt" \\
    -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign,digitalSignature
}
signed() {
  key "$1"
  openssl req -new -key "$1.key" -subj "$3" -out "$1.csr"
  printf '%s\\n' "extendedKeyUsage=$4" "$5" > "$1.ext"
  openssl x509 -req -in "$1.csr" -CA "$2.crt" -CAkey "$2.key" -CAcreateserial -days 30 -extfile "$1.ext" -out "$1.crt"
}
ca ca
ca front-proxy-ca
signed serving ca /CN=kube-apiserver serverAuth "subjectAltName=$names"
signed admin ca /O=system:masters/CN=admin clientAuth ""
signed front-proxy front-proxy-ca /CN=front-proxy-client clientAuth ""
key service-accounts
openssl ec -in service-accounts.key -pubout -out service-accounts.pub
`;

/** Makes a cluster's certificates in a folder. @param addresses the IPs the servers are reached at */
export async function makeCertificates(folder: string, addresses: readonly string[]): Promise<Certificates> {
  if ((await findOnPath('openssl')) === null) await aptInstall('openssl');
  const names = [
    ...['localhost', 'kubernetes', 'kubernetes.default', 'kubernetes.default.svc'],
    'kubernetes.default.svc.cluster.local',
  ].map((name) => `DNS:${name}`);
  const ips = addresses.map((address) => `IP:${address}`);
  await runInstaller('sh', ['-c', SCRIPT, 'certificates', folder, [...names, ...ips].join(',')]);
  const pair = (name: string): KeyPair => ({ cert: join(folder, `${name}.crt`), key: join(folder, `${name}.key`) });
  return {
    ca: join(folder, 'ca.crt'),
    serving: pair('serving'),
    admin: pair('admin'),
    frontProxyCa: join(folder, 'front-proxy-ca.crt'),
    frontProxy: pair('front-proxy'),
    serviceAccounts: { cert: join(folder, 'service-accounts.pub'), key: join(folder, 'service-accounts.key') },
  };
}
