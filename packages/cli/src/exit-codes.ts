/** What scripts can rely on. */
export const EXIT = {
  /** Everything asked for happened. */
  ok: 0,
  /** The command ran, and something was refused: dead letters, a rejected file, a failed check. */
  refused: 1,
  /** The command line or the configuration is wrong. */
  usage: 2,
  /** The gateway or another counterpart did not answer as it should. */
  unavailable: 3,
  /** What was asked for is not known. */
  unknown: 4,
  /** Interrupted. */
  interrupted: 130,
} as const;
