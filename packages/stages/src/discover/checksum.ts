/**
 * The SHA-256 of a file in a checksum list (`sha256sum` writes `<hex>  <name>`; a list of one may be the hex alone).
 * Null where the list is of another kind (MD5) or does not name the file.
 */
export function parseChecksum(text: string, fileName: string): string | null {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '' && !line.startsWith('#'));
  for (const line of lines) {
    const [, hex, name] = /^\s*([0-9a-fA-F]{64})(?:\s+[*]?(.*?))?\s*$/.exec(line) ?? [];
    if (hex === undefined) continue;
    if (name === undefined || name === '') {
      if (lines.length === 1) return hex.toLowerCase();
    } else if (name === fileName || name.endsWith(`/${fileName}`)) return hex.toLowerCase();
  }
  return null;
}
