import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { LocalImage } from '../../kubernetes/kubelet/images.ts';
import { activemqHome, java } from './install.ts';

const HOME = '/opt/apache-activemq';

/** What stands for apache/activemq-classic: a real ActiveMQ that reads the container's own configuration. */
export async function activemqImage(): Promise<LocalImage> {
  const home = await activemqHome();
  const shipped = '/opt/activemq-as-shipped/activemq';
  return {
    entrypoint: [`${HOME}/bin/activemq`, 'console'],
    env: { ACTIVEMQ_HOME: HOME, ACTIVEMQ_AS_SHIPPED: shipped, JAVA_HOME: resolve(await java(), '../..') },
    files: {
      [HOME]: home,
      [`${HOME}/bin/activemq`]: fileURLToPath(new URL('container.sh', import.meta.url)),
      [shipped]: join(home, 'bin', 'activemq'),
    },
    user: 1000,
    group: 1000,
  };
}
