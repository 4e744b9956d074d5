import type { Plain } from './plain.ts';

export interface WorkspaceInfo {
  name: string;
  dateCreated: string;
}

export interface StoreInfo {
  workspace: string;
  name: string;
  description?: string;
  type?: string;
  enabled: boolean;
  url?: string;
  metadata?: Plain;
  dateCreated: string;
  dateModified?: string;
}

export interface Box {
  minx: number;
  miny: number;
  maxx: number;
  maxy: number;
  crs: string;
}

export interface GridInfo {
  width: number;
  height: number;
  scaleX: number;
  scaleY: number;
  shearX: number;
  shearY: number;
  translateX: number;
  translateY: number;
  crs: string;
}

export interface BandInfo {
  name: string;
  unit?: string;
  type: string;
  nodata?: string;
}

/** A coverage; what is absent was neither given nor derived. */
export interface CoverageInfo {
  workspace: string;
  store: string;
  name: string;
  nativeName: string;
  nativeCoverageName?: string;
  title?: string;
  description?: string;
  abstract?: string;
  keywords?: string[];
  metadataLinks?: Plain[];
  nativeCRS: { class: string; wkt: string };
  srs: string;
  nativeBoundingBox: Box;
  latLonBoundingBox: Box;
  projectionPolicy: string;
  enabled: boolean;
  advertised?: boolean;
  dirName?: string;
  simpleConversionEnabled?: boolean;
  nativeFormat?: string;
  grid: GridInfo;
  supportedFormats?: string[];
  interpolationMethods?: string[];
  bands?: BandInfo[];
  requestSRS?: string[];
  responseSRS?: string[];
  parameters?: Array<[string, string]>;
}

export interface LayerInfo {
  workspace: string;
  name: string;
  store: string;
  style: { name: string; workspace?: string };
  changed: boolean;
  dateCreated: string;
  dateModified?: string;
}

export interface StyleInfo {
  /** Absent for a global one. */
  workspace?: string;
  name: string;
  sld: string;
  dateCreated?: string;
}

export interface Kinds {
  workspace: WorkspaceInfo;
  store: StoreInfo;
  coverage: CoverageInfo;
  layer: LayerInfo;
  style: StyleInfo;
}
export type Kind = keyof Kinds;

/** One change of a catalog, as a node tells it to the others. */
export type Change = { [K in Kind]: { kind: K; key: string; value: Kinds[K] | null } }[Kind];

/** Keys: a workspace's name; `workspace:name` for all else (`:name` for a global style). */
export interface Catalog {
  get<K extends Kind>(kind: K, key: string): Kinds[K] | undefined;
  /** In the order of their keys, as GeoServer lists them. */
  list<K extends Kind>(kind: K, workspace?: string): Kinds[K][];
  /** Changes this catalog only. */
  apply(change: Change): void;
}

export function createCatalog(): Catalog {
  const maps: { [K in Kind]: Map<string, Kinds[K]> } = {
    workspace: new Map(),
    store: new Map(),
    coverage: new Map(),
    layer: new Map(),
    style: new Map(),
  };
  return {
    get: (kind, key) => maps[kind].get(key),
    list(kind, workspace) {
      const prefix = workspace === undefined ? '' : `${workspace}:`;
      const keys = [...maps[kind].keys()].filter((key) => key.startsWith(prefix)).sort((a, b) => (a < b ? -1 : 1));
      return keys.flatMap((key) => maps[kind].get(key) ?? []);
    },
    apply(change) {
      const map = maps[change.kind] as Map<string, unknown>;
      if (change.value === null) map.delete(change.key);
      else map.set(change.key, structuredClone(change.value));
    },
  };
}
