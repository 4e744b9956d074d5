/** Works on so many items at a time, and gives what comes of them in their order. The first error ends it. */
export async function* sideBySide<T, R>(
  items: readonly T[],
  abreast: number,
  work: (item: T) => Promise<R>,
): AsyncGenerator<R> {
  const under: Promise<R>[] = [];
  for (const item of items) {
    const one = work(item);
    // told where it is awaited
    one.catch(() => {});
    under.push(one);
    if (under.length >= abreast) yield await (under.shift() as Promise<R>);
  }
  for (const one of under) yield await one;
}
