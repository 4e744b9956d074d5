import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Catalog, type Change, createCatalog, type Kind, type LayerInfo } from '../catalog.ts';
import { asPlain, type Plain, parsePlain, textAt } from '../plain.ts';
import { createIds, type Ids } from './ids.ts';
import { filesOf } from './paths.ts';
import { readCoverage, readLayer, readStore, readWorkspace } from './read-xml.ts';
import { removeFile, writeWhole } from './whole-file.ts';
import { fileTexts } from './write-xml.ts';

/**
 * A catalog that lives in a data directory, in GeoServer's own layout. It is read at the start; each change is on the disk
 * when `apply` returns.
 */
export function openDataDirectory(folder: string, warn: (text: string) => void): Catalog {
  const ids = createIds();
  const catalog = createCatalog();
  load({ folder, ids, catalog, warn });
  return {
    get: catalog.get,
    list: catalog.list,
    apply(change) {
      const before = catalog.get(change.kind, change.key);
      catalog.apply(change);
      const files = change.value === null ? [] : filesOf(change.kind, change.value);
      const texts = fileTexts(change, ids);
      for (const [index, file] of files.entries()) writeWhole(join(folder, file), texts[index] ?? '');
      // a change may have moved it
      const old = before === undefined ? [] : filesOf(change.kind, before);
      for (const file of old.filter((each) => !files.includes(each))) removeFile(join(folder, file));
    },
  };
}

interface Loading {
  folder: string;
  ids: Ids;
  catalog: Catalog;
  warn: (text: string) => void;
}

function load(loading: Loading): void {
  const { folder } = loading;
  loadStyles(loading, 'styles', undefined);
  for (const name of namesIn(join(folder, 'workspaces'))) {
    const below = join('workspaces', name);
    const workspace = loadOne(loading, 'workspace', join(below, 'workspace.xml'), readWorkspace, (each) => each.name);
    if (workspace === undefined) continue;
    const namespace = textAt(document(folder, join(below, 'namespace.xml')) ?? {}, 'id');
    if (namespace !== undefined) loading.ids.keep('namespace', workspace.name, namespace);
    loadStyles(loading, join(below, 'styles'), workspace.name);
    for (const inside of namesIn(join(folder, below))) loadStore(loading, join(below, inside), workspace.name);
  }
}

function loadStore(loading: Loading, below: string, workspace: string): void {
  const file = join(below, 'coveragestore.xml');
  const keyOf = ({ name }: { name: string }) => `${workspace}:${name}`;
  const store = loadOne(loading, 'store', file, (plain) => readStore(plain, workspace), keyOf);
  if (store === undefined) return;
  for (const inside of namesIn(join(loading.folder, below))) {
    const [coverageFile, layerFile] = ['coverage.xml', 'layer.xml'].map((name) => join(below, inside, name));
    const coverage = loadOne(loading, 'coverage', coverageFile!, (plain) => readCoverage(plain, store), keyOf);
    if (coverage === undefined) continue;
    loadOne(loading, 'layer', layerFile!, (plain) => readLayer(plain, coverage, styleOf(loading.ids, plain)), keyOf);
  }
}

function styleOf(ids: Ids, layer: Plain): LayerInfo['style'] {
  const key = ids.keyOf('style', textAt(asPlain(layer.defaultStyle), 'id') ?? '') ?? ':raster';
  const [workspace = '', name = ''] = key.split(':');
  return { name, ...(workspace === '' ? {} : { workspace }) };
}

function loadStyles(loading: Loading, below: string, workspace: string | undefined): void {
  const of = workspace === undefined ? {} : { workspace };
  for (const file of namesIn(join(loading.folder, below)).filter((name) => name.endsWith('.xml'))) {
    const read = (plain: Plain) => {
      const name = textAt(plain, 'name') ?? '';
      const sld = readFileSync(join(loading.folder, below, textAt(plain, 'filename') ?? `${name}.sld`), 'utf8');
      const dateCreated = textAt(plain, 'dateCreated');
      return { ...of, name, sld, ...(dateCreated === undefined ? {} : { dateCreated }) };
    };
    loadOne(loading, 'style', join(below, file), read, ({ name }) => `${workspace ?? ''}:${name}`);
  }
}

/** Takes one file into the catalog. What is not there or not readable is left out, as GeoServer does. */
function loadOne<K extends Kind, T extends Extract<Change, { kind: K }>['value'] & object>(
  { folder, ids, catalog, warn }: Loading,
  kind: K,
  file: string,
  read: (plain: Plain) => T,
  keyOf: (value: T) => string,
): T | undefined {
  try {
    const plain = document(folder, file);
    if (plain === undefined) return undefined;
    const value = read(plain);
    const key = keyOf(value);
    const id = textAt(plain, 'id');
    if (id !== undefined) ids.keep(kind, key, id);
    catalog.apply({ kind, key, value } as unknown as Change);
    return value;
  } catch (error) {
    warn(`${file} is left out: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
}

/** The inside of a file's root element; undefined where there is no file. */
function document(folder: string, file: string): Plain | undefined {
  try {
    const { '?xml': _, ...roots } = parsePlain('xml', readFileSync(join(folder, file), 'utf8'));
    return asPlain(Object.values(roots)[0]);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}

/** What lies in a folder, hidden files left out. */
function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => !name.startsWith('.'))
      .sort();
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return [];
    throw error;
  }
}
