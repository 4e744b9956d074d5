const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', f: '\f' };

/** Reads a properties file as java.util.Properties does: ISO 8859-1, continued lines, escapes. */
export function readProperties(bytes: Buffer): Map<string, string> {
  const found = new Map<string, string>();
  for (const line of logicalLines(bytes.toString('latin1'))) {
    const [, key = '', value = ''] = /^((?:\\.|[^\\=: \t\f])*)[ \t\f]*[=:]?[ \t\f]*(.*)$/s.exec(line) ?? [];
    found.set(unescaped(key), unescaped(value));
  }
  return found;
}

function logicalLines(text: string): string[] {
  const lines: string[] = [];
  let open = false;
  for (const natural of text.split(/\r\n|\r|\n/)) {
    const line = natural.replace(/^[ \t\f]+/, '');
    if (!open && (line === '' || /^[#!]/.test(line))) continue;
    const goesOn = (/\\*$/.exec(line)?.[0].length ?? 0) % 2 === 1;
    const part = goesOn ? line.slice(0, -1) : line;
    if (open) lines.push(`${lines.pop() ?? ''}${part}`);
    else lines.push(part);
    open = goesOn;
  }
  return lines;
}

function unescaped(text: string): string {
  return text.replace(/\\(?:u([0-9A-Fa-f]{4})|(.))/gs, (_, code: string | undefined, other: string) =>
    code === undefined ? (ESCAPES[other] ?? other) : String.fromCharCode(Number.parseInt(code, 16)),
  );
}
