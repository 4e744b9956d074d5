/** The component schemas that something refers to, directly or by another of them. */
export function pruneSchemas(paths: unknown, schemas: Record<string, unknown>): Record<string, unknown> {
  const kept = new Map<string, unknown>();
  const waiting = namesIn(paths);
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (kept.has(name) || schemas[name] === undefined) continue;
    kept.set(name, schemas[name]);
    waiting.push(...namesIn(schemas[name]));
  }
  return Object.fromEntries([...kept].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function namesIn(value: unknown): string[] {
  const text = JSON.stringify(value);
  return [...text.matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)].map(([, name = '']) => name);
}
