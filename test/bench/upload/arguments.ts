import { parseArgs } from 'node:util';
import { CLIENTS } from './clients/client.ts';
import { LOADS } from './loads.ts';
import type { Wish } from './plan.ts';
import { SERVERS } from './servers/server.ts';

export const USAGE = `npm run bench:upload                    within 40 minutes on two cores; exits 1 where a goal is missed
npm run bench:upload -- --full          everything in full sizes, five rounds; goes on where it was ended; kept in docs/bench/
  --load ${LOADS.map(({ name }) => name).join(',')}
  --client ${CLIENTS.join(',')}
  --server ${SERVERS.join(',')}
  --rounds <n>
  --share <0-1>                         of the bytes of each load
  --keep                                its results become those of docs/performance.md, as with --full
  --no-rooms                            only what is above: not the whole stage, memory, many workers
`;

export interface Asked extends Wish {
  /** Also what is no comparison: the whole stage, memory, many workers. */
  rooms: boolean;
  /** In docs/bench/. */
  keep: boolean;
}

/** @throws Error that says what is wrong */
export function readArguments(args: readonly string[]): Asked {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    args: [...args],
    options: {
      full: { type: 'boolean', default: false },
      rooms: { type: 'boolean' },
      keep: { type: 'boolean', default: false },
      load: text,
      client: text,
      server: text,
      rounds: text,
      share: text,
    },
    allowNegative: true,
  });
  const picked = values.load ?? values.client ?? values.server;
  return {
    full: values.full,
    // who looks at one thing wants it soon
    rooms: values.rooms ?? picked === undefined,
    keep: values.keep || values.full,
    loads: chosen(
      'load',
      values.load,
      LOADS.map(({ name }) => name),
    ),
    clients: chosen('client', values.client, CLIENTS),
    servers: chosen('server', values.server, SERVERS),
    rounds: numberOf('rounds', values.rounds, (value) => Number.isInteger(value) && value >= 1),
    share: numberOf('share', values.share, (value) => value > 0 && value <= 1),
  };
}

function chosen<T extends string>(name: string, text: string | undefined, known: readonly T[]): T[] | undefined {
  return text?.split(',').map((one) => {
    const found = known.find((each) => each === one);
    if (found === undefined) throw new Error(`--${name} knows ${known.join(', ')}, not ${one}`);
    return found;
  });
}

function numberOf(name: string, text: string | undefined, isRight: (value: number) => boolean): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!isRight(value)) throw new Error(`--${name} ${text} is not possible`);
  return value;
}
