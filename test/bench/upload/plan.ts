import { type ClientName, RIVALS, VARIANTS } from './clients/client.ts';
import { cut, type FileLoad, LOADS, type Load } from './loads.ts';
import { SERVERS, type ServerName } from './servers/server.ts';

/** What is measured on one server: each load by each of its clients, in so many rounds. */
export interface Leg {
  server: ServerName;
  rounds: number;
  loads: Array<{ load: Load; clients: ClientName[] }>;
}

/** What a person may ask for in place of the usual. */
export interface Wish {
  full: boolean;
  loads?: readonly string[] | undefined;
  clients?: readonly ClientName[] | undefined;
  servers?: readonly ServerName[] | undefined;
  rounds?: number | undefined;
  /** Of the bytes, 0 to 1. */
  share?: number | undefined;
}

const ON_VERSITYGW: readonly ClientName[] = [
  'ours',
  's5cmd',
  'crt',
  'minio-go',
  'minio-go-crc',
  'rclone',
  'copy-object',
];

/** How much of the full sizes fits into 40 minutes on two cores, the same for all clients. */
const SHORT: Record<ServerName, { rounds: number; share: number; clients: readonly ClientName[] | null }> = {
  sink: { rounds: 3, share: 1, clients: null },
  versitygw: { rounds: 3, share: 1 / 2, clients: ON_VERSITYGW },
  seaweedfs: { rounds: 3, share: 1 / 4, clients: ['ours'] },
};
const FULL_ROUNDS = 5;

/** Who can bring a load at all. */
function clientsFor(load: Load): readonly ClientName[] {
  if (load.kind === 'files') return ['ours', ...RIVALS, ...VARIANTS];
  return load.from === 'other' ? ['ours', 'rclone'] : ['ours', 'copy-object'];
}

/** A copy inside of a store costs no bytes but its client's start: of less it would say nothing a GiB. */
function isInside(load: Load): boolean {
  return load.kind === 'object' && load.from === 'same';
}

export function planOf(wish: Wish): Leg[] {
  return SERVERS.filter((server) => wish.servers?.includes(server) ?? true).map((server) => {
    const usual = wish.full ? { rounds: FULL_ROUNDS, share: 1, clients: null } : SHORT[server];
    // rclone's files on versitygw would take longer than all the others
    const allowed = (load: Load, client: ClientName): boolean =>
      usual.clients === null || (usual.clients.includes(client) && !(client === 'rclone' && load.kind === 'files'));
    const wanted = LOADS.filter(({ name }) => wish.loads?.includes(name) ?? true);
    return {
      server,
      rounds: wish.rounds ?? usual.rounds,
      loads: wanted.map((load) => ({
        load: cut(load, wish.share ?? (isInside(load) ? 1 : usual.share)),
        clients: clientsFor(load).filter((client) => wish.clients?.includes(client) ?? allowed(load, client)),
      })),
    };
  });
}

/** Loads of files by what is to be made of them; the largest of a name serves the smaller ones too. */
export function fileLoadsOf(legs: readonly Leg[]): FileLoad[] {
  const loads = legs.flatMap((leg) => leg.loads.map(({ load }) => load)).filter((load) => load.kind === 'files');
  return [...Map.groupBy(loads, ({ count, size }) => `${count} ${size}`).values()].flatMap(([load]) => load ?? []);
}
