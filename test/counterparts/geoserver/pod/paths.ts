import { join } from 'node:path';
import type { Change, CoverageInfo, Kind, Kinds, LayerInfo, StoreInfo, StyleInfo } from '../catalog.ts';

/** A name as a folder: what a path cannot hold is encoded. Names are read from the files, never from the folders. */
function folder(name: string): string {
  return /^\.*$/.test(name) ? `%${name}` : name.replace(/[/%\0]/g, encodeURIComponent);
}

const workspaceFolder = (name: string) => join('workspaces', folder(name));
const storeFolder = (workspace: string, store: string) => join(workspaceFolder(workspace), folder(store));
const coverageFolder = (of: CoverageInfo | LayerInfo) => join(storeFolder(of.workspace, of.store), folder(of.name));

const FILES: { [K in Kind]: (value: Kinds[K]) => string[] } = {
  workspace: ({ name }) => ['workspace.xml', 'namespace.xml'].map((file) => join(workspaceFolder(name), file)),
  store: ({ workspace, name }: StoreInfo) => [join(storeFolder(workspace, name), 'coveragestore.xml')],
  coverage: (coverage) => [join(coverageFolder(coverage), 'coverage.xml')],
  layer: (layer) => [join(coverageFolder(layer), 'layer.xml')],
  style: ({ workspace, name }: StyleInfo) => {
    const styles = join(workspace === undefined ? '' : workspaceFolder(workspace), 'styles');
    return ['xml', 'sld'].map((suffix) => join(styles, `${folder(name)}.${suffix}`));
  },
};

/** Files of an object below the data directory, as GeoServer lays them. */
export function filesOf<K extends Kind>(kind: K, value: Kinds[K]): string[] {
  return FILES[kind](value);
}

/** Key of what must be there before an object can be added. */
export function parentOf(change: Change): { kind: Kind; key: string } | null {
  if (change.value === null || change.kind === 'workspace') return null;
  const { workspace } = change.value;
  if (change.kind === 'coverage') return { kind: 'store', key: `${workspace}:${change.value.store}` };
  if (change.kind === 'layer') return { kind: 'coverage', key: change.key };
  return workspace === undefined ? null : { kind: 'workspace', key: workspace };
}
