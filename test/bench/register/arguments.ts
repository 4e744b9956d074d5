import { parseArgs } from 'node:util';

export const USAGE = `npm run bench:register                  about half an hour on two cores; exits 1 where a goal is missed
  --sizes 0,1000,20000                  how many datasets GeoNode has when it begins
  --rounds <n>                          3
  --count <n>                           datasets ours registers a round, 300; stock registers by each of its ways one for each 20 of them
  --keep                                its results become those of docs/performance.md
`;

export interface Asked {
  /** Rising, each once. */
  sizes: number[];
  rounds: number;
  /** Of ours, a round. */
  count: number;
  keep: boolean;
}

/** @throws Error that says what is wrong */
export function readArguments(args: readonly string[]): Asked {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    args: [...args],
    options: { sizes: text, rounds: text, count: text, keep: { type: 'boolean', default: false } },
  });
  const sizes = (values.sizes ?? '0,1000,20000').split(',').map((size) => whole('sizes', size, 0));
  return {
    sizes: [...new Set(sizes)].sort((a, b) => a - b),
    rounds: whole('rounds', values.rounds ?? '3', 1),
    count: whole('count', values.count ?? '300', 1),
    keep: values.keep,
  };
}

function whole(name: string, text: string, least: number): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < least) throw new Error(`--${name} ${text} is not possible`);
  return value;
}
