/** Whether a name matches a pattern of `*` (any run of characters) and `?` (one), case counting. No regular expression, no recursion. */
export function globMatches(p: string, n: string): boolean {
  let [at, star, mark] = [0, -1, 0];
  for (let i = 0; i < n.length; ) {
    if (at < p.length && p[at] !== '*' && (p[at] === '?' || p[at] === n[i])) {
      at += 1;
      i += 1;
    } else if (p[at] === '*') {
      star = at;
      mark = i;
      at += 1;
    } else if (star >= 0) {
      // the last star takes one character more
      at = star + 1;
      mark += 1;
      i = mark;
    } else return false;
  }
  while (p[at] === '*') at += 1;
  return at === p.length;
}
