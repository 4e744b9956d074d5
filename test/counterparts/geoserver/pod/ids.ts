import { createHash } from 'node:crypto';

const CLASSES = {
  workspace: 'WorkspaceInfoImpl',
  namespace: 'NamespaceInfoImpl',
  store: 'CoverageStoreInfoImpl',
  coverage: 'CoverageInfoImpl',
  layer: 'LayerInfoImpl',
  style: 'StyleInfoImpl',
} as const;

export type IdKind = keyof typeof CLASSES;

/** The ids by which the files of a data directory point at each other. */
export interface Ids {
  /** The one that was read from a file, else one that every node makes alike. */
  of(kind: IdKind, key: string): string;
  /** Keeps the id a file names. */
  keep(kind: IdKind, key: string, id: string): void;
  keyOf(kind: IdKind, id: string): string | undefined;
}

export function createIds(): Ids {
  const ids = new Map<string, string>();
  const keys = new Map<string, string>();
  const keep = (kind: IdKind, key: string, id: string) => {
    ids.set(`${kind} ${key}`, id);
    keys.set(`${kind} ${id}`, key);
  };
  return {
    keep,
    keyOf: (kind, id) => keys.get(`${kind} ${id}`),
    of(kind, key) {
      const known = ids.get(`${kind} ${key}`);
      if (known !== undefined) return known;
      const hash = createHash('sha256').update(`${kind} ${key}`).digest('hex');
      const id = `${CLASSES[kind]}-${hash.slice(0, 8)}:${hash.slice(8, 19)}:-${hash.slice(19, 23)}`;
      keep(kind, key, id);
      return id;
    },
  };
}
