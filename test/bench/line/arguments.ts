import { parseArgs } from 'node:util';
import { ROOMS, type RoomName } from './rooms/room.ts';

/** Datasets through the whole line. */
export const COUNT = 20_000;
export const FULL_COUNT = 100_000;

/** Names of what is kept in docs/bench: neither takes the other's place. */
export const USUAL_RUN = 'line';
export const FULL_RUN = 'line-full';

export const USAGE = `npm run bench:line                      within 40 minutes on two cores; exits 1 where a goal is missed
npm run bench:line -- --full            ${FULL_COUNT} datasets; goes on where it was ended; kept in docs/bench/
  --count <n>                           datasets through the whole line, ${COUNT} where absent; at least 100
  --room ${ROOMS.join(',')}
  --keep                                its results become those of docs/performance.md, as with --full
`;

export interface Asked {
  count: number;
  /** Goes on where it was ended. */
  full: boolean;
  /** In docs/bench/. */
  keep: boolean;
  rooms: readonly RoomName[];
}

/** @throws Error that says what is wrong */
export function readArguments(args: readonly string[]): Asked {
  const { values } = parseArgs({
    args: [...args],
    options: {
      full: { type: 'boolean', default: false },
      keep: { type: 'boolean', default: false },
      count: { type: 'string' },
      room: { type: 'string' },
    },
  });
  const { full, keep } = values;
  const count = values.count === undefined ? (full ? FULL_COUNT : COUNT) : Number(values.count);
  // tenths of less say nothing
  if (!Number.isInteger(count) || count < 100) throw new Error(`--count ${values.count} is not possible`);
  if (keep && values.room !== undefined) throw new Error('--keep is of all rooms: leave --room away');
  const rooms = values.room?.split(',').map(roomOf) ?? ROOMS;
  return { count, full, keep: (keep || full) && values.room === undefined, rooms };
}

function roomOf(text: string): RoomName {
  const found = ROOMS.find((room) => room === text);
  if (found === undefined) throw new Error(`--room knows ${ROOMS.join(', ')}, not ${text}`);
  return found;
}
