import type { Box, CoverageInfo, GridInfo, LayerInfo, StoreInfo, StyleInfo, WorkspaceInfo } from './catalog.ts';
import { asPlain } from './plain.ts';
import { fromPlain, javaDouble, leaf, type Tree } from './tree.ts';

/** Everything below is written relative to `…/geoserver/rest`. */
type Base = string;
const e = (name: string) => encodeURIComponent(name).replaceAll('%20', '+');

function strings(name: string, values: readonly string[]): Tree {
  return { name, children: values.map((value) => leaf('string', value)) };
}

/** A list document: each member a name and a link. Empty lists are "" in JSON. */
export function listTree(
  name: string,
  item: string,
  entries: ReadonlyArray<{ name: string; href: string }>,
  linkType?: string,
): Tree {
  const link = linkType === undefined ? {} : { linkType };
  return {
    name,
    list: true,
    children: entries.map((entry) => ({
      name: item,
      children: [leaf('name', entry.name)],
      href: entry.href,
      ...link,
    })),
  };
}

export const hrefs = {
  workspace: (base: Base, ws: string) => `${base}/workspaces/${e(ws)}`,
  store: (base: Base, ws: string, name: string) => `${base}/workspaces/${e(ws)}/coveragestores/${e(name)}`,
  coverage: (base: Base, ws: string, store: string, name: string) =>
    `${base}/workspaces/${e(ws)}/coveragestores/${e(store)}/coverages/${e(name)}`,
  layerIn: (base: Base, ws: string, name: string) => `${base}/workspaces/${e(ws)}/layers/${e(name)}`,
  layer: (base: Base, ws: string, name: string) => `${base}/layers/${e(ws)}%3A${e(name)}`,
  style: (base: Base, ws: string | undefined, name: string) =>
    ws === undefined ? `${base}/styles/${e(name)}` : `${base}/workspaces/${e(ws)}/styles/${e(name)}`,
};

export function workspaceTree(base: Base, ws: WorkspaceInfo): Tree {
  const href = (what: string) => ({ name: what, href: `${hrefs.workspace(base, ws.name)}/${what.toLowerCase()}` });
  return {
    name: 'workspace',
    children: [
      leaf('name', ws.name),
      leaf('isolated', false),
      leaf('dateCreated', ws.dateCreated),
      href('dataStores'),
      href('coverageStores'),
      href('wmsStores'),
      href('wmtsStores'),
    ],
  };
}

export function namespaceTree(ws: WorkspaceInfo): Tree {
  const children = [leaf('prefix', ws.name), leaf('uri', `http://${ws.name}`), leaf('isolated', false)];
  return { name: 'namespace', children };
}

function workspaceRef(base: Base, ws: string): Tree {
  return { name: 'workspace', children: [leaf('name', ws)], href: hrefs.workspace(base, ws) };
}

/** `short`: as the answer to an upload has it, without links. */
export function storeTree(base: Base, store: StoreInfo, short = false): Tree {
  const workspace = short
    ? { name: 'workspace', children: [leaf('name', store.workspace)] }
    : workspaceRef(base, store.workspace);
  return {
    name: 'coverageStore',
    children: [
      leaf('name', store.name),
      ...optional('description', store.description),
      ...optional('type', store.type),
      leaf('enabled', store.enabled),
      workspace,
      ...(store.metadata === undefined ? [] : fromPlain('metadata', store.metadata)),
      leaf('_default', false),
      leaf('dateCreated', store.dateCreated),
      ...optional('dateModified', store.dateModified),
      leaf('disableOnConnFailure', false),
      ...optional('url', store.url),
      ...(short
        ? []
        : [{ name: 'coverages', href: `${hrefs.store(base, store.workspace, store.name)}/coverages` } as Tree]),
    ],
  };
}

function optional(name: string, value: string | boolean | undefined): Tree[] {
  return value === undefined ? [] : [leaf(name, value)];
}

function crsClass(crs: string): string {
  if (crs === 'EPSG:404000') return 'org.geotools.referencing.crs.DefaultEngineeringCRS';
  return /^EPSG:4\d{3}$/.test(crs) ? 'geographic' : 'projected';
}

function boxTree(name: string, box: Box): Tree {
  const crs: Tree =
    box.crs === 'EPSG:4326' && name === 'latLonBoundingBox'
      ? leaf('crs', box.crs)
      : crsClass(box.crs) === 'geographic'
        ? leaf('crs', box.crs)
        : { name: 'crs', attributes: { class: crsClass(box.crs) }, text: box.crs };
  return {
    name,
    children: [
      leaf('minx', javaDouble(box.minx)),
      leaf('maxx', javaDouble(box.maxx)),
      leaf('miny', javaDouble(box.miny)),
      leaf('maxy', javaDouble(box.maxy)),
      crs,
    ],
  };
}

function gridTree(grid: GridInfo): Tree {
  const double = (name: keyof GridInfo) => leaf(name, javaDouble(Number(grid[name])));
  return {
    name: 'grid',
    attributes: { dimension: '2' },
    children: [
      { name: 'range', children: [leaf('low', '0 0'), leaf('high', `${grid.width} ${grid.height}`)] },
      {
        name: 'transform',
        children: [
          double('scaleX'),
          double('scaleY'),
          double('shearX'),
          double('shearY'),
          double('translateX'),
          double('translateY'),
        ],
      },
      leaf('crs', grid.crs),
    ],
  };
}

export function coverageTree(base: Base, coverage: CoverageInfo): Tree {
  const { workspace, store } = coverage;
  const dimension = (band: NonNullable<CoverageInfo['bands']>[number]): Tree => ({
    name: 'coverageDimension',
    children: [
      leaf('name', band.name),
      leaf('description', 'GridSampleDimension[-Infinity,Infinity]'),
      { name: 'range', children: [leaf('min', '-inf'), leaf('max', 'inf')] },
      ...(band.nodata === undefined ? [] : [{ name: 'nullValues', children: [leaf('double', band.nodata)] }]),
      ...optional('unit', band.unit),
      { name: 'dimensionType', children: [leaf('name', band.type)] },
    ],
  });
  const list = (name: string, values: readonly string[] | undefined) =>
    values === undefined ? [] : [strings(name, values)];
  const interpolation = coverage.interpolationMethods?.[0];
  return {
    name: 'coverage',
    children: [
      leaf('name', coverage.name),
      leaf('nativeName', coverage.nativeName),
      {
        name: 'namespace',
        children: [leaf('name', workspace)],
        href: `${base}/namespaces/${e(workspace)}`,
      },
      ...optional('title', coverage.title),
      ...optional('description', coverage.description),
      ...optional('abstract', coverage.abstract),
      ...list('keywords', coverage.keywords),
      ...(coverage.metadataLinks === undefined
        ? []
        : [
            {
              name: 'metadataLinks',
              list: true,
              children: coverage.metadataLinks.flatMap((link) => fromPlain('metadataLink', link)),
            },
          ]),
      { name: 'nativeCRS', attributes: { class: coverage.nativeCRS.class }, text: coverage.nativeCRS.wkt },
      leaf('srs', coverage.srs),
      boxTree('nativeBoundingBox', coverage.nativeBoundingBox),
      boxTree('latLonBoundingBox', coverage.latLonBoundingBox),
      leaf('projectionPolicy', coverage.projectionPolicy),
      leaf('enabled', coverage.enabled),
      ...optional('advertised', coverage.advertised),
      ...(coverage.dirName === undefined
        ? []
        : [
            {
              name: 'metadata',
              children: [{ name: 'entry', attributes: { key: 'dirName' }, text: coverage.dirName }],
            },
          ]),
      {
        name: 'store',
        attributes: { class: 'coverageStore' },
        children: [leaf('name', `${workspace}:${store}`)],
        href: hrefs.store(base, workspace, store),
      },
      leaf('serviceConfiguration', false),
      ...optional('simpleConversionEnabled', coverage.simpleConversionEnabled),
      ...optional('nativeFormat', coverage.nativeFormat),
      gridTree(coverage.grid),
      ...list('supportedFormats', coverage.supportedFormats),
      ...list('interpolationMethods', coverage.interpolationMethods),
      ...optional('defaultInterpolationMethod', interpolation),
      ...(coverage.bands === undefined ? [] : [{ name: 'dimensions', children: coverage.bands.map(dimension) }]),
      ...list('requestSRS', coverage.requestSRS),
      ...list('responseSRS', coverage.responseSRS),
      ...(coverage.parameters === undefined
        ? []
        : [
            {
              name: 'parameters',
              children: coverage.parameters.map((pair) => ({
                name: 'entry',
                children: pair.map((text) => leaf('string', text)),
              })),
            },
          ]),
      ...optional('nativeCoverageName', coverage.nativeCoverageName),
    ],
  };
}

export function layerTree(base: Base, layer: LayerInfo): Tree {
  const { workspace: styleWorkspace, name: styleName } = layer.style;
  const style: Tree[] =
    styleWorkspace === undefined
      ? [leaf('name', styleName)]
      : [leaf('name', `${styleWorkspace}:${styleName}`), leaf('workspace', styleWorkspace)];
  return {
    name: 'layer',
    children: [
      leaf('name', layer.name),
      leaf('type', 'RASTER'),
      { name: 'defaultStyle', children: style, href: hrefs.style(base, styleWorkspace, styleName) },
      {
        name: 'resource',
        attributes: { class: 'coverage' },
        children: [leaf('name', `${layer.workspace}:${layer.name}`)],
        href: hrefs.coverage(base, layer.workspace, layer.store, layer.name),
      },
      ...(layer.changed ? [leaf('queryable', true), leaf('opaque', false)] : []),
      { name: 'attribution', children: [leaf('logoWidth', 0), leaf('logoHeight', 0)] },
      leaf('dateCreated', layer.dateCreated),
      ...optional('dateModified', layer.dateModified),
    ],
  };
}

export function styleTree(style: StyleInfo): Tree {
  return {
    name: 'style',
    children: [
      leaf('name', style.name),
      ...(style.workspace === undefined ? [] : [{ name: 'workspace', children: [leaf('name', style.workspace)] }]),
      leaf('format', 'sld'),
      { name: 'languageVersion', children: [leaf('version', '1.0.0')] },
      leaf('filename', `${style.name}.sld`),
      ...optional('dateCreated', style.dateCreated),
    ],
  };
}

/** A metadata link of a request's document. */
export function linksOf(value: unknown): ReturnType<typeof asPlain>[] {
  const inner = asPlain(value).metadataLink;
  return inner === undefined ? [] : (Array.isArray(inner) ? inner : [inner]).map(asPlain);
}
