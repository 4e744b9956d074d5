import { createHash } from 'node:crypto';
import { realpath, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cached } from '../cache.ts';
import { aptInstall, findOnPath, runInstaller } from '../packages.ts';

export const ACTIVEMQ_VERSION = '5.18.3';
const SHA512 =
  '61abc4a08b9e1db6a5b1062bb1c839171e93bcb571817fd81744dd19874d713840bba99c7979d45bcb832d13ea01986b76fb11720f5ec63a0283e7d1934a33cc';
const ARCHIVE = `https://repo1.maven.org/maven2/org/apache/activemq/apache-activemq/${ACTIVEMQ_VERSION}/apache-activemq-${ACTIVEMQ_VERSION}-bin.tar.gz`;

/** What a broker does not need: half of the archive. */
const LEFT_OUT = ['webapps', 'webapps-demo', 'docs', 'examples', `activemq-all-${ACTIVEMQ_VERSION}.jar`];

/** ActiveMQ Classic from Maven Central, unpacked once. @returns its home */
export async function activemqHome(): Promise<string> {
  return cached(`activemq-${ACTIVEMQ_VERSION}`, async (draft) => {
    const response = await fetch(ARCHIVE, { signal: AbortSignal.timeout(10 * 60_000) });
    if (!response.ok) throw new Error(`${ARCHIVE} answers ${response.status}`);
    const bytes = Buffer.from(await response.arrayBuffer());
    if (createHash('sha512').update(bytes).digest('hex') !== SHA512)
      throw new Error(`${ARCHIVE} is not the archive that was tested: its SHA-512 differs`);
    const archive = join(draft, 'archive.tar.gz');
    await writeFile(archive, bytes);
    await runInstaller('tar', ['-xzf', archive, '-C', draft, '--strip-components=1']);
    for (const name of [...LEFT_OUT, 'archive.tar.gz']) await rm(join(draft, name), { recursive: true });
  });
}

/** Path of a Java that runs ActiveMQ; Debian's where there is none, which only root can install. */
export async function java(): Promise<string> {
  const found = await findOnPath('java');
  if (found !== null) return realpath(found);
  if (process.getuid?.() !== 0)
    throw new Error('Java is needed to run ActiveMQ: install it (Debian: apt install openjdk-17-jre-headless)');
  await aptInstall('openjdk-17-jre-headless');
  return realpath((await findOnPath('java')) ?? '/usr/bin/java');
}
