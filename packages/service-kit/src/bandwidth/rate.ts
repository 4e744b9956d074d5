/** Bytes a second of each unit; those of bits as network links are sold. */
const UNITS: Record<string, number> = {
  ...{ 'B/s': 1, 'kB/s': 1e3, 'MB/s': 1e6, 'GB/s': 1e9 },
  ...{ 'KiB/s': 1024, 'MiB/s': 1024 ** 2, 'GiB/s': 1024 ** 3 },
  ...{ 'kbit/s': 1e3 / 8, 'Mbit/s': 1e6 / 8, 'Gbit/s': 1e9 / 8 },
};

const RATE = /^(\d+(?:\.\d+)?)\s*([A-Za-z]+\/s)$/;
/** Less, and a part takes hours: whoever wants none at all stops the workers. */
const LEAST = 64 * 1024;

/** `20MiB/s`, `1.5 Gbit/s`. */
export function parseRate(text: string): { bytesPerSecond: number } | { problem: string } {
  const [, number = '', unit = ''] = RATE.exec(text) ?? [];
  const factor = Object.hasOwn(UNITS, unit) ? UNITS[unit] : undefined;
  if (factor === undefined) {
    return { problem: `"${text}" must be a rate such as 50MiB/s, in ${Object.keys(UNITS).join(', ')}` };
  }
  const bytesPerSecond = Number(number) * factor;
  if (bytesPerSecond < LEAST) return { problem: `"${text}" must be 64KiB/s or more` };
  return { bytesPerSecond };
}
