import { fileURLToPath } from 'node:url';
import type { LocalImage } from '../../kubernetes/kubelet/images.ts';
import { ACTIVEMQ_VERSION, activemqHome, java } from './install.ts';

const HOME = '/opt/apache-activemq';

/** What stands for apache/activemq-classic: a real ActiveMQ that reads the container's own configuration. */
export async function activemqImage(): Promise<LocalImage> {
  return {
    is: `ActiveMQ ${ACTIVEMQ_VERSION}`,
    entrypoint: ['java', '-jar', `${HOME}/bin/activemq.jar`],
    args: ['start'],
    env: { ACTIVEMQ_HOME: HOME, JAVA_AS_SHIPPED: await java() },
    files: {
      [HOME]: await activemqHome(),
      '/usr/local/bin/java': fileURLToPath(new URL('container.sh', import.meta.url)),
    },
    user: 1000,
    group: 1000,
  };
}
