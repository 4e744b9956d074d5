import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Certificate and key, as PEM and as files. */
export interface Certificate {
  cert: string;
  key: string;
  certFile: string;
  keyFile: string;
}

/** An authority that signs certificates for tests. */
export interface Authority extends Certificate {
  /**
   * @param name the subject's common name
   * @param options.organization its organization, e.g. a group of Kubernetes
   * @param options.hosts names and addresses a server is reached by
   * @param options.expired true for one that ended yesterday
   */
  issue(
    name: string,
    options?: { organization?: string; hosts?: readonly string[]; expired?: boolean },
  ): Promise<Certificate>;
  /** Removes its files. */
  remove(): Promise<void>;
}

/** Makes an authority by the `openssl` of this machine. */
export async function createAuthority(name: string): Promise<Authority> {
  const folder = await mkdtemp(join(tmpdir(), 'geosluice-authority-'));
  const openssl = (...args: string[]) => run('openssl', args, { cwd: folder });
  const read = async (base: string): Promise<Certificate> => {
    const [certFile, keyFile] = [join(folder, `${base}.crt`), join(folder, `${base}.key`)];
    return { cert: await readFile(certFile, 'utf8'), key: await readFile(keyFile, 'utf8'), certFile, keyFile };
  };
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  await openssl('req', '-x509', ...key, '-keyout', 'ca.key', '-out', 'ca.crt', '-days', '30', '-subj', `/CN=${name}`);
  let issued = 0;
  return {
    ...(await read('ca')),
    async issue(subject, { organization, hosts = [], expired = false } = {}) {
      issued += 1;
      const base = `issued-${issued}`;
      const alternatives = hosts.map((host) => (/^[\d.]+$|:/.test(host) ? `IP:${host}` : `DNS:${host}`));
      const usage = hosts.length > 0 ? 'serverAuth,clientAuth' : 'clientAuth';
      const lines = [
        'basicConstraints=CA:FALSE',
        `extendedKeyUsage=${usage}`,
        ...(alternatives.length > 0 ? [`subjectAltName=${alternatives.join(',')}`] : []),
      ];
      await writeFile(join(folder, `${base}.ext`), lines.join('\n'));
      const who = `${organization === undefined ? '' : `/O=${organization}`}/CN=${subject}`;
      await openssl('req', '-new', ...key, '-keyout', `${base}.key`, '-out', `${base}.csr`, '-subj', who);
      const signing = ['-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial', '-extfile', `${base}.ext`];
      // the oldest openssl that Debian still has takes no dates here, only days, and none that are past
      const days = expired ? ['-days', '-1'] : ['-days', '30'];
      await openssl('x509', '-req', '-in', `${base}.csr`, ...signing, ...days, '-out', `${base}.crt`);
      return read(base);
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
