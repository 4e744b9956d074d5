import type { Change, LayerInfo } from '../catalog.ts';
import { coverageTree, layerTree, namespaceTree, storeTree, styleTree, workspaceTree } from '../documents.ts';
import { leaf, type Tree, toXml } from '../tree.ts';
import type { Ids } from './ids.ts';

/** Contents of an object's files, in the order of `filesOf`. */
export function fileTexts(change: Change, ids: Ids): string[] {
  const { kind, key, value } = change;
  if (value === null) return [];
  const id = leaf('id', ids.of(kind, key));
  switch (kind) {
    case 'workspace': {
      const namespace = plain(namespaceTree(value), leaf('id', ids.of('namespace', key)));
      return [plain(workspaceTree('', value), id), namespace];
    }
    case 'store':
      return [plain(storeTree('', value), id, { workspace: reference(ids.of('workspace', value.workspace)) })];
    case 'coverage':
      return [
        plain(coverageTree('', value), id, {
          namespace: reference(ids.of('namespace', value.workspace)),
          store: reference(ids.of('store', `${value.workspace}:${value.store}`)),
        }),
      ];
    case 'layer':
      return [plain(layerTree('', value), id, layerReferences(value, key, ids))];
    case 'style': {
      const inside =
        value.workspace === undefined ? {} : { workspace: reference(ids.of('workspace', value.workspace)) };
      return [plain(styleTree(value), id, inside), value.sld];
    }
  }
}

function layerReferences({ style }: LayerInfo, key: string, ids: Ids): Record<string, Tree[]> {
  return {
    defaultStyle: reference(ids.of('style', `${style.workspace ?? ''}:${style.name}`)),
    resource: reference(ids.of('coverage', key)),
  };
}

const reference = (id: string): Tree[] => [leaf('id', id)];

/** A REST document as it lies in a file: with its id, without links, others named by their ids. */
function plain(tree: Tree, id: Tree, references: Readonly<Record<string, Tree[]>> = {}): string {
  const children = (tree.children ?? []).flatMap((child): Tree[] => {
    const instead = references[child.name];
    if (instead !== undefined) return [{ name: child.name, attributes: child.attributes ?? {}, children: instead }];
    // what is but a link to a list has no place in a file
    return child.href === undefined ? [child] : [];
  });
  return `${toXml({ name: tree.name, children: [id, ...children] })}\n`;
}
