import { parseArgs } from 'node:util';

const SIZES = [0, 10_000, 100_000];
const ROUNDS = 3;
const LAYERS = 400;
const IN_FLIGHT = [1, 2, 4, 8];

export const USAGE = `npm run bench:publish       within 30 minutes on two cores; exits 1 where a goal is missed
  --sizes ${SIZES.join(',')}     datasets that the ledger, the name index and the rules hold before a run
  --rounds <n>              ${ROUNDS}
  --layers <n>              published in a run; ${LAYERS}
  --in-flight ${IN_FLIGHT.join(',')}       layers whose writes bare requests have under way at once
  --keep                    its result becomes that of docs/performance.md
A real GeoServer is taken where GEOSLUICE_TEST_GEOSERVER_URL, _USER, _PASSWORD, _S3_ALIAS and _NODES name one; its alias must
stand for the store of GEOSLUICE_TEST_S3_*.
`;

export interface Asked {
  /** Datasets there are before a run, smallest first. */
  sizes: number[];
  rounds: number;
  /** Layers a run. */
  layers: number;
  /** Layers whose writes bare requests have under way at once. */
  inFlight: number[];
  keep: boolean;
}

/** @throws Error that says what is wrong */
export function readArguments(args: readonly string[]): Asked {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    args: [...args],
    options: { sizes: text, rounds: text, layers: text, 'in-flight': text, keep: { type: 'boolean', default: false } },
  });
  return {
    sizes: values.sizes === undefined ? SIZES : numbersOf('sizes', values.sizes, 0),
    rounds: values.rounds === undefined ? ROUNDS : numberOf('rounds', values.rounds, 1),
    layers: values.layers === undefined ? LAYERS : numberOf('layers', values.layers, 1),
    inFlight: values['in-flight'] === undefined ? IN_FLIGHT : numbersOf('in-flight', values['in-flight'], 1),
    keep: values.keep,
  };
}

/** Smallest first, each once. */
function numbersOf(name: string, text: string, least: number): number[] {
  const numbers = text.split(',').map((one) => numberOf(name, one, least));
  return [...new Set(numbers)].sort((a, b) => a - b);
}

function numberOf(name: string, text: string, least: number): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isInteger(value) || value < least)
    throw new Error(`--${name} ${text} is not possible`);
  return value;
}
