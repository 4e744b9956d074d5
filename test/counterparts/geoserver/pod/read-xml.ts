import type { BandInfo, Box, CoverageInfo, GridInfo, LayerInfo, StoreInfo, WorkspaceInfo } from '../catalog.ts';
import { linksOf } from '../documents.ts';
import { asPlain, boolAt, numberAt, type Plain, stringsAt, textAt } from '../plain.ts';

/** Members whose value is there. */
function present<T extends object>(members: { [K in keyof T]: T[K] | undefined }): Partial<T> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as Partial<T>;
}

function nameOf(plain: Plain): string {
  const name = textAt(plain, 'name');
  if (name === undefined || name === '') throw new Error('it has no name');
  return name;
}

function listAt(plain: Plain, key: string): Plain[] {
  const value = plain[key];
  return value === undefined ? [] : (Array.isArray(value) ? value : [value]).map(asPlain);
}

export function readWorkspace(plain: Plain): WorkspaceInfo {
  return { name: nameOf(plain), dateCreated: textAt(plain, 'dateCreated') ?? '' };
}

export function readStore(plain: Plain, workspace: string): StoreInfo {
  return {
    workspace,
    name: nameOf(plain),
    enabled: boolAt(plain, 'enabled') ?? false,
    dateCreated: textAt(plain, 'dateCreated') ?? '',
    ...present<Pick<StoreInfo, 'description' | 'type' | 'url' | 'dateModified'>>({
      description: textAt(plain, 'description'),
      type: textAt(plain, 'type'),
      url: textAt(plain, 'url'),
      dateModified: textAt(plain, 'dateModified'),
    }),
    ...(plain.metadata === undefined ? {} : { metadata: asPlain(plain.metadata) }),
  };
}

export function readLayer(plain: Plain, coverage: CoverageInfo, style: LayerInfo['style']): LayerInfo {
  const dateModified = textAt(plain, 'dateModified');
  return {
    workspace: coverage.workspace,
    store: coverage.store,
    name: nameOf(plain),
    style,
    // these two are written once a layer was changed
    changed: plain.queryable !== undefined,
    dateCreated: textAt(plain, 'dateCreated') ?? '',
    ...(dateModified === undefined ? {} : { dateModified }),
  };
}

export function readCoverage(plain: Plain, store: StoreInfo): CoverageInfo {
  const text = (key: string) => textAt(plain, key);
  const crs = plain.nativeCRS;
  const entries = listAt(asPlain(plain.metadata), 'entry');
  const dirName = entries.find((entry) => entry['@key'] === 'dirName');
  const bands = listAt(asPlain(plain.dimensions), 'coverageDimension');
  const parameters = listAt(asPlain(plain.parameters), 'entry');
  return {
    workspace: store.workspace,
    store: store.name,
    name: nameOf(plain),
    nativeName: text('nativeName') ?? nameOf(plain),
    nativeCRS: {
      class: typeof crs === 'string' ? 'geographic' : (textAt(asPlain(crs), '@class') ?? 'geographic'),
      wkt: text('nativeCRS') ?? '',
    },
    srs: text('srs') ?? '',
    nativeBoundingBox: readBox(plain.nativeBoundingBox),
    latLonBoundingBox: readBox(plain.latLonBoundingBox),
    projectionPolicy: text('projectionPolicy') ?? '',
    enabled: boolAt(plain, 'enabled') ?? false,
    grid: readGrid(asPlain(plain.grid)),
    ...present<Partial<CoverageInfo>>({
      nativeCoverageName: text('nativeCoverageName'),
      title: text('title'),
      description: text('description'),
      abstract: text('abstract'),
      keywords: stringsAt(plain, 'keywords'),
      metadataLinks: plain.metadataLinks === undefined ? undefined : linksOf(plain.metadataLinks),
      advertised: boolAt(plain, 'advertised'),
      dirName: dirName === undefined ? undefined : textAt(dirName, '$'),
      simpleConversionEnabled: boolAt(plain, 'simpleConversionEnabled'),
      nativeFormat: text('nativeFormat'),
      supportedFormats: stringsAt(plain, 'supportedFormats'),
      interpolationMethods: stringsAt(plain, 'interpolationMethods'),
      bands: plain.dimensions === undefined ? undefined : bands.map(readBand),
      requestSRS: stringsAt(plain, 'requestSRS'),
      responseSRS: stringsAt(plain, 'responseSRS'),
      parameters: plain.parameters === undefined ? undefined : parameters.map(readParameter),
    }),
  };
}

function readBox(value: unknown): Box {
  const plain = asPlain(value);
  const side = (key: string) => numberAt(plain, key) ?? 0;
  return {
    minx: side('minx'),
    miny: side('miny'),
    maxx: side('maxx'),
    maxy: side('maxy'),
    crs: textAt(plain, 'crs') ?? '',
  };
}

function readGrid(plain: Plain): GridInfo {
  const [width = 0, height = 0] = (textAt(asPlain(plain.range), 'high') ?? '').split(' ').map(Number);
  const transform = asPlain(plain.transform);
  const part = (key: string) => numberAt(transform, key) ?? 0;
  return {
    width,
    height,
    scaleX: part('scaleX'),
    scaleY: part('scaleY'),
    shearX: part('shearX'),
    shearY: part('shearY'),
    translateX: part('translateX'),
    translateY: part('translateY'),
    crs: textAt(plain, 'crs') ?? '',
  };
}

function readBand(plain: Plain): BandInfo {
  return {
    name: textAt(plain, 'name') ?? '',
    type: textAt(asPlain(plain.dimensionType), 'name') ?? '',
    ...present<Pick<BandInfo, 'unit' | 'nodata'>>({
      unit: textAt(plain, 'unit'),
      nodata: textAt(asPlain(plain.nullValues), 'double'),
    }),
  };
}

function readParameter(plain: Plain): [string, string] {
  const strings = Array.isArray(plain.string) ? plain.string.map(String) : [String(plain.string ?? '')];
  return [strings[0] ?? '', strings[1] ?? ''];
}
