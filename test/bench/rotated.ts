/** A list in an order that changes from round to round: nobody always comes after the same one. */
export function rotated<T>(list: readonly T[], round: number): T[] {
  const by = list.length === 0 ? 0 : round % list.length;
  return [...list.slice(by), ...list.slice(0, by)];
}
