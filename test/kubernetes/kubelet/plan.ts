import { readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { cacheFolder } from '../../counterparts/cache.ts';
import { ConfigError } from './config-error.ts';
import { containerEnv, expand } from './env.ts';
import { hostnameOf, writeEtc } from './etc.ts';
import type { PodFacts } from './fields.ts';
import { commandLine } from './images.ts';
import type { KubeletContext } from './kubelet.ts';
import { type Identity, identityOf } from './security.ts';
import { EMPTY, type Mount, type StartPlan } from './start-script.ts';
import type { Container } from './types.ts';
import { mountsOf } from './volumes.ts';

interface PlanContext {
  kubelet: KubeletContext;
  facts: PodFacts;
  volumes: Parameters<typeof mountsOf>[1];
  /** The pod's folder. */
  folder: string;
  terminationMessage: string;
  /** Number of the start, each with a file system of its own. */
  start: number;
}

const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const REPOSITORY = resolve(import.meta.dirname, '../../..');

/** How a container is started, from its spec and from what the pod has. @throws ConfigError */
export async function planContainer(context: PlanContext, container: Container): Promise<StartPlan> {
  const { kubelet, facts } = context;
  const image = await kubelet.images(container.image, container);
  if (image === null) {
    const message = `image ${container.image} is not in this test's table of images and local processes`;
    throw new ConfigError('ErrImagePull', message);
  }
  const identity = identityOf(facts.pod, container, image);
  const services = kubelet
    .services()
    .filter(({ metadata: { namespace } }) => namespace === facts.pod.metadata.namespace || namespace === 'default');
  const fromSpec = await containerEnv(container, facts, kubelet.source, services);
  const hostname = hostnameOf(facts.pod);
  const env = {
    PATH: DEFAULT_PATH,
    HOSTNAME: hostname,
    HOME: identity.user === 0 ? '/root' : '/',
    ...image.env,
    ...fromSpec,
  };
  const command = commandLine(container, image).map((word) => expand(word, fromSpec));
  if (command.length === 0) throw new ConfigError('CreateContainerError', `no command is given for ${container.name}`);

  const visible = [cacheFolder(), REPOSITORY, dirname(process.execPath), ...(image.visible ?? [])];
  const message = container.terminationMessagePath ?? '/dev/termination-log';
  const files = Object.entries(image.files ?? {}).map(([target, source]) => [target, source] as const);
  const hidden = visible
    .filter((path) => EMPTY.some((empty) => path.startsWith(`${empty}/`)))
    .map((path) => [path, path] as const);
  const mounts: Mount[] = [
    ...(await Promise.all([...hidden, ...files].map(([target, source]) => imageFiles(target, source, identity)))),
    { source: context.terminationMessage, target: message, readOnly: false, file: true },
    ...(await mountsOf(container, context.volumes, env)),
  ];
  const folder = join(context.folder, `${container.name}-${context.start}`);
  const etc = join(folder, 'etc');
  await writeEtc(etc, facts.pod, facts.podIp, kubelet.gateway);
  await writeUsers(etc, identity);
  return {
    folder,
    etc,
    hostname,
    identity,
    mounts,
    passable: await closedFolders(visible),
    workingDir: container.workingDir ?? image.workingDir ?? '/',
    env,
    command,
  };
}

async function imageFiles(target: string, source: string, { readOnlyRoot }: Identity): Promise<Mount> {
  const file = (await stat(source)).isFile();
  return { source, target, file, readOnly: true, copyOnWrite: !file && !readOnlyRoot };
}

/** Folders on the way to some paths that not everybody may enter. */
async function closedFolders(paths: readonly string[]): Promise<string[]> {
  const closed = new Set<string>();
  for (const path of paths) {
    for (let folder = path; folder !== '/'; folder = dirname(folder)) {
      const mode = (await stat(folder).catch(() => null))?.mode ?? 0o755;
      if ((mode & 0o001) === 0 && !EMPTY.some((empty) => folder.startsWith(empty))) closed.add(folder);
    }
  }
  return [...closed];
}

/** The container's user has a name, as programs such as PostgreSQL's want. */
async function writeUsers(etc: string, { user, group }: Identity): Promise<void> {
  const [passwd, groups] = await Promise.all(['passwd', 'group'].map((file) => readFile(`/etc/${file}`, 'utf8')));
  const known = (text = '', id: number): boolean => text.split('\n').some((line) => line.split(':')[2] === `${id}`);
  const extra = known(passwd, user) ? '' : `app:x:${user}:${group}::/tmp:/bin/sh\n`;
  await writeFile(join(etc, 'passwd'), passwd + extra);
  await writeFile(join(etc, 'group'), groups + (known(groups, group) ? '' : `app:x:${group}:\n`));
}
