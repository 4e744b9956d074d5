import { dirname } from 'node:path';
import { type Identity, setprivArgs } from './security.ts';

export interface Mount {
  /** On the host. */
  source: string;
  /** In the container. */
  target: string;
  readOnly: boolean;
  /** Whether a file is mounted, not a folder. */
  file: boolean;
  /** Reads from the source and writes elsewhere, as an image's own files do. */
  copyOnWrite?: boolean;
}

export interface StartPlan {
  /** The container's folder on the host. */
  folder: string;
  /** A folder of files that lie in the container's /etc. */
  etc: string;
  hostname: string;
  identity: Identity;
  mounts: readonly Mount[];
  /** Folders of the host to be entered by everybody inside, e.g. a home folder on the way to a program. */
  passable: readonly string[];
  workingDir: string;
  env: Readonly<Record<string, string>>;
  command: readonly string[];
}

/** Folders of the host whose content no image has. */
export const EMPTY = ['/tmp', '/var/tmp', '/run'];
/** Where the host's files are while the container's are put together. */
const HOST = '/.host';
const DEVICES = ['null', 'zero', 'full', 'random', 'urandom', 'tty'];

/**
 * The shell script that becomes a container: run as root in fresh namespaces (mount, PID, IPC, UTS), it builds the
 * container's file system out of the host's, moves into it, drops its privileges and executes the command.
 */
export function startScript(plan: StartPlan): string {
  const { identity } = plan;
  const empty = EMPTY.filter((path) => !plan.mounts.some(({ target }) => target === path));
  const host = (path: string): string => quote(HOST + path);
  const lines = [
    'set -e',
    'umask 022',
    `echo ${quote(plan.hostname)} > /proc/sys/kernel/hostname`,
    overlay('/', `${plan.folder}/written`, `${plan.folder}/root`),
    `cd ${quote(`${plan.folder}/root`)}`,
    // from inside, so that links in the container's paths lead to the container's own files
    `mkdir .${HOST} && pivot_root . .${HOST} && cd /`,
    ...plan.passable.map((path) => `chmod a+x ${quote(path)}`),
    `for file in ${host(plan.etc)}/*; do rm -f "/etc/\${file##*/}"; cp "$file" /etc/; done`,
    ...empty.map((path) => bind(emptyFolder(plan.folder, path), path, false)),
    'mount -t proc proc /proc',
    bind('/sys', '/sys', true),
    'mount -t tmpfs -o mode=755 dev /dev && mkdir /dev/shm /dev/pts && ln -s /proc/self/fd /dev/fd',
    'ln -s fd/0 /dev/stdin && ln -s fd/1 /dev/stdout && ln -s fd/2 /dev/stderr',
    `for device in ${DEVICES.join(' ')}; do : > /dev/$device; mount --bind ${HOST}/dev/$device /dev/$device; done`,
    'mount -t tmpfs -o mode=1777 shm /dev/shm',
    'mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts /dev/pts && ln -s pts/ptmx /dev/ptmx',
    ...sorted(plan.mounts).flatMap((mount) => mountLines(plan, mount)),
    `mkdir -p ${quote(plan.workingDir)}`,
    `umount -l ${HOST} && rmdir ${HOST}`,
    ...(identity.readOnlyRoot ? ['/', ...empty].map(setReadOnly) : []),
    // tells the kubelet that the command is next
    'echo >&3; exec 3>&-',
    `exec ${asContainer(plan).map(quote).join(' ')}`,
  ];
  return `${lines.join('\n')}\n`;
}

/** The words that run a command inside, as the container's own user with its own environment. */
export function asContainer({ identity, workingDir, env, command }: StartPlan): string[] {
  const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  return [...setprivArgs(identity), 'env', '-i', '-C', workingDir, ...variables, ...command];
}

/** The folders a plan's script wants to find. */
export function foldersOf({ folder, mounts }: StartPlan): string[] {
  const overlays = [
    `${folder}/written`,
    ...mounts.flatMap((mount, index) => (mount.copyOnWrite ? [copyOf(folder, index)] : [])),
  ];
  return [`${folder}/root`, ...overlays.flatMap((path) => [`${path}/upper`, `${path}/work`]), ...emptyFolders(folder)];
}

/** What stands for the host's folders whose content no image has; everybody may write into them. */
export function emptyFolders(folder: string): string[] {
  return EMPTY.map((path) => emptyFolder(folder, path));
}

function emptyFolder(folder: string, path: string): string {
  return `${folder}/empty${path.replaceAll('/', '-')}`;
}

function copyOf(folder: string, index: number): string {
  return `${folder}/copy-${index}`;
}

function mountLines(plan: StartPlan, mount: Mount): string[] {
  const target = quote(mount.target);
  const place = mount.file
    ? `mkdir -p ${quote(dirname(mount.target))} && { [ -e ${target} ] || : > ${target}; }`
    : `mkdir -p ${target}`;
  if (!mount.copyOnWrite) return [place, bind(mount.source, mount.target, mount.readOnly)];
  return [place, overlay(HOST + mount.source, HOST + copyOf(plan.folder, plan.mounts.indexOf(mount)), mount.target)];
}

function overlay(lower: string, written: string, target: string): string {
  const options = `lowerdir=${lower},upperdir=${written}/upper,workdir=${written}/work`;
  return `mount -t overlay overlay -o ${quote(options)} ${quote(target)}`;
}

function bind(source: string, target: string, readOnly: boolean): string {
  return `mount --bind ${quote(HOST + source)} ${quote(target)}${readOnly ? ` && ${setReadOnly(target)}` : ''}`;
}

function setReadOnly(target: string): string {
  return `mount -o remount,bind,ro ${quote(target)}`;
}

/** What lies in another mount comes after it. */
function sorted(mounts: readonly Mount[]): Mount[] {
  return mounts.toSorted((a, b) => a.target.split('/').length - b.target.split('/').length);
}

function quote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
