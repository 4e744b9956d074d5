import { spawn } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { aptInstall, findOnPath, runInstaller } from '../../counterparts/packages.ts';

/** The cluster's network on this machine: a bridge that pods hang on, and a range of addresses for Services. */
export interface ClusterNetwork {
  /** Of the bridge, and the beginning of every pod's network namespace. */
  readonly name: string;
  /** The host's address on the bridge: pods' gateway, name server and way to the host. */
  readonly gateway: string;
  readonly serviceRange: string;
  readonly serviceAddress: string;
  addPod(): Promise<PodNetwork>;
  /** Kills every process in the cluster's namespaces and removes namespaces, bridge, route and folders. */
  remove(): Promise<void>;
}

export interface PodNetwork {
  readonly address: string;
  /** The namespace's path, for nsenter. */
  readonly path: string;
  remove(): Promise<void>;
}

/** 10.X.0.0/17 is for pods, 10.X.128.0/17 for Services. */
const FIRST = 130;
const LAST = 249;
const PODS_AT_ONCE = 120 * 250;

const CLEAN = `
name=$1; range=$2; shift 2
# twice: a process may be starting another one
for again in 1 2; do
  for namespace in /run/netns/"$name"-*; do
    [ -e "$namespace" ] || continue
    pids=$(ip netns pids "\${namespace##*/}") && [ -n "$pids" ] && kill -9 $pids
  done
done
for namespace in /run/netns/"$name"-*; do
  [ -e "$namespace" ] && ip netns del "\${namespace##*/}"
done
# a pod that was being made
for link in /sys/class/net/v"$name"-*; do
  [ -e "$link" ] && ip link del "\${link##*/}"
done
ip route del local "$range" dev lo
ip link del "$name"
# processes that are dying may still hold files
for folder; do rm -rf "$folder" || { sleep 1; rm -rf "$folder"; }; done
exit 0`;

/** Reads from the test's pipe; when that closes without a word, the test is dead. */
const WATCHDOG = `trap '' INT TERM HUP; read -r word && [ "$word" = bye ] && exit 0
${CLEAN}`;

/**
 * Makes the network; as root only.
 * @param folders removed with it, also when this process is killed
 */
export async function makeNetwork(folders: readonly string[]): Promise<ClusterNetwork> {
  if (process.getuid?.() !== 0) throw new Error('the cluster for tests needs root: its pods are network namespaces');
  if ((await findOnPath('ip')) === null) await aptInstall('iproute2');
  const number = await claimRange();
  const name = `gs${number}`;
  const network = `10.${number}`;
  const gateway = `${network}.0.1`;
  const serviceRange = `${network}.128.0/17`;
  let removed = false;
  const leash = leaveWatchdog([name, serviceRange, ...folders]);
  const remove = async (): Promise<void> => {
    removed = true;
    await runInstaller('sh', ['-c', CLEAN, 'clean', name, serviceRange, ...folders]);
    leash.end('bye\n');
  };
  try {
    await shell(
      `ip addr add "$1/17" dev "$2"; ip link set "$2" up; ip route add local "$3" dev lo`,
      ...[gateway, name, serviceRange],
    );
    await Promise.all(folders.map((folder) => mkdir(folder, { recursive: true })));
  } catch (error) {
    await remove();
    throw error;
  }

  let pods = 0;
  const addPod = async (): Promise<PodNetwork> => {
    if (removed) throw new Error('the network is gone');
    pods += 1;
    // addresses come round late, so that no neighbour remembers another pod under one
    const place = pods % PODS_AT_ONCE;
    const address = `${network}.${Math.floor(place / 250)}.${(place % 250) + 2}`;
    const namespace = `${name}-${pods}`;
    await shell(ADD_POD, namespace, `v${name}-${pods}`, name, address, gateway);
    return { address, path: `/run/netns/${namespace}`, remove: () => shell('ip netns del "$1"', namespace) };
  };
  return { name, gateway, serviceRange, serviceAddress: `${network}.128.1`, addPod, remove };
}

const ADD_POD = `
ip netns add "$1"
ip link add "$2" type veth peer name eth0 netns "$1"
ip link set "$2" master "$3" up
ip -n "$1" -batch - <<END
link set lo up
addr add $4/17 dev eth0
link set eth0 up
route add default via $5
END
# as container engines do: a port under 1024 needs no privilege
ip netns exec "$1" sh -c 'echo 0 > /proc/sys/net/ipv4/ip_unprivileged_port_start'`;

/** A range nobody uses; to make the bridge of its number is to have it. */
async function claimRange(): Promise<number> {
  const routes = await runInstaller('ip', ['-4', 'route', 'show', 'table', 'all']);
  let problem: unknown;
  for (let number = FIRST; number <= LAST; number += 1) {
    if (new RegExp(`\\b10\\.${number}\\.`).test(routes)) continue;
    try {
      await runInstaller('ip', ['link', 'add', `gs${number}`, 'type', 'bridge']);
      return number;
    } catch (error) {
      problem = error;
      if (!/exists/i.test(String(error))) break;
    }
  }
  throw new Error('no bridge could be made for the pods of the test cluster', { cause: problem });
}

function leaveWatchdog(args: readonly string[]): Socket {
  const child = spawn('sh', ['-c', WATCHDOG, 'watchdog', ...args], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  const leash = child.stdin as Socket;
  leash.on('error', () => {});
  child.unref();
  leash.unref();
  return leash;
}

async function shell(script: string, ...args: string[]): Promise<void> {
  await runInstaller('sh', ['-e', '-c', script, 'network', ...args]);
}
