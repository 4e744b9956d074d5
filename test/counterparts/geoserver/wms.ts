import { wmsCapabilities } from './capabilities.ts';
import type { CoverageInfo, LayerInfo, StoreInfo } from './catalog.ts';
import type { NodeRequest } from './context.ts';
import { readHeader } from './derive.ts';
import { drawRaster, type MapView, mapBbox, toPng } from './draw.ts';
import { Refused, type Reply } from './reply.ts';
import { escapeXml } from './tree.ts';

export interface Published {
  layer: LayerInfo;
  coverage: CoverageInfo;
  store: StoreInfo;
}

/** Parameter names of OGC services are not case sensitive. */
export function parameters(query: URLSearchParams): (name: string) => string {
  const map = new Map([...query].map(([name, value]) => [name.toLowerCase(), value]));
  return (name) => map.get(name) ?? '';
}

/** A layer that is there and enabled, with its store. */
export function findLayer(request: NodeRequest, name: string, workspace: string | undefined): Published | null {
  const { catalog } = request.node;
  const key = name.includes(':') || workspace === undefined ? name : `${workspace}:${name}`;
  const layer = catalog.get('layer', key);
  const coverage = catalog.get('coverage', key);
  const store = coverage && catalog.get('store', `${coverage.workspace}:${coverage.store}`);
  if (layer === undefined || coverage === undefined || store === undefined) return null;
  return store.enabled && coverage.enabled ? { layer, coverage, store } : null;
}

/** `/wms`, `/{ws}/wms`, `/{ws}/{layer}/wms`; `scope` is what stands before `wms`. */
export async function wms(request: NodeRequest, scope: readonly string[]): Promise<Reply> {
  const parameter = parameters(request.query);
  const version = parameter('version') === '' ? '1.3.0' : parameter('version');
  switch (parameter('request').toLowerCase()) {
    case 'getcapabilities':
      return wmsCapabilities(request, version, scope);
    case 'getmap':
      return getMap(request, version, scope);
    case 'getlegendgraphic':
      return legend();
    case 'getfeatureinfo':
      return { status: 200, type: 'application/json', body: '{"type":"FeatureCollection","features":[]}' };
    default:
      return exception(request, version, 'OperationNotSupported', 'request', 'No such operation');
  }
}

async function getMap(request: NodeRequest, version: string, scope: readonly string[]): Promise<Reply> {
  const parameter = parameters(request.query);
  const names = (parameter('layers') === '' ? (scope[1] ?? '') : parameter('layers')).split(',');
  const srs = (version.startsWith('1.3') ? parameter('crs') : parameter('srs')) || parameter('srs');
  const found = names.map((name) => findLayer(request, name, scope[0]));
  const missing = found.indexOf(null);
  if (missing >= 0) {
    const name = names[missing] ?? '';
    const full = name.includes(':') || scope[0] === undefined ? name : `${scope[0]}:${name}`;
    return exception(request, version, 'LayerNotDefined', 'layers', `Could not find layer ${full}`);
  }
  const geographic = srs === 'CRS:84' ? 'EPSG:4326' : srs;
  const bbox = mapBbox(srs === 'CRS:84' ? '1.1.1' : version, geographic, parameter('bbox').split(',').map(Number));
  const [width, height] = [Number(parameter('width')), Number(parameter('height'))];
  if (bbox === null) return exception(request, version, 'MissingOrInvalidParameter', 'bbox', 'The bbox is invalid');
  if (!(width > 0 && height > 0 && width <= 4096 && height <= 4096))
    return exception(request, version, 'MissingOrInvalidParameter', 'width', 'Missing or invalid requested map size');
  const view: MapView = {
    bbox,
    srs: geographic,
    width,
    height,
    transparent: parameter('transparent').toLowerCase() === 'true',
    background: Number.parseInt(parameter('bgcolor').replace(/^(0x|#)/, '') || 'ffffff', 16),
  };
  // one layer is what is drawn here: the last, which lies on top
  const top = found.at(-1)!;
  const picture = await draw(request, top, view);
  if (picture === null)
    return exception(
      request,
      version,
      version.startsWith('1.3') ? 'InvalidCRS' : 'InvalidSRS',
      'srs',
      `Error occurred decoding the espg code ${srs}`,
    );
  if (typeof picture === 'string') return exception(request, version, '', '', picture);
  const filename = `${top.layer.workspace}-${top.layer.name}.png`;
  return {
    status: 200,
    type: 'image/png',
    body: picture,
    headers: { 'Content-Disposition': `inline; filename=${filename}` },
  };
}

async function draw(request: NodeRequest, { store, coverage }: Published, view: MapView) {
  const { maps } = request.node;
  const key = JSON.stringify([store.url, coverage.nativeCoverageName, coverage.srs, view]);
  const drawn = maps?.get(key);
  if (drawn !== undefined) return drawn;
  try {
    const header = await readHeader(request.node.sources, store);
    if (coverage.nativeCoverageName !== undefined && coverage.nativeCoverageName !== header.coverageName)
      return `The specified coverageName ${coverage.nativeCoverageName}is not supported`;
    const picture = await drawRaster(header, coverage.srs, view).catch((error: unknown) => {
      // S3GeoTiff spins for ever on tiles that are not there; only a restart ends it
      if (error instanceof Error && /past the end/.test(error.message)) return new Promise<never>(() => {});
      throw error;
    });
    const png = picture === null ? null : toPng(picture, view);
    if (png !== null) maps?.set(key, png);
    return png;
  } catch (error) {
    if (error instanceof Refused) return `Rendering process failed: ${String(error.reply.body)}`;
    return `Rendering process failed: ${error instanceof Error ? error.message : String(error)}`;
  }
}

const LEGEND: MapView = {
  bbox: [0, 0, 1, 1],
  srs: 'EPSG:4326',
  width: 20,
  height: 20,
  transparent: false,
  background: 0xaaaaaa,
};

function legend(): Reply {
  const picture = { width: 20, height: 20, rgba: new Uint8Array(1600), grey: false };
  return { status: 200, type: 'image/png', body: toPng(picture, LEGEND) };
}

/** Errors are answers of 200 in XML: the content type is what tells. */
export function exception(request: NodeRequest, version: string, code: string, locator: string, text: string): Reply {
  const attributes = `${code === '' ? '' : ` code="${code}"`}${locator === '' ? '' : ` locator="${locator}"`}`;
  const inner = `<ServiceException${attributes}>\n      ${escapeXml(text)}\n</ServiceException></ServiceExceptionReport>`;
  if (version.startsWith('1.3')) {
    const body = `<?xml version="1.0" encoding="UTF-8" standalone="no"?><ServiceExceptionReport version="1.3.0" xmlns="http://www.opengis.net/ogc">   ${inner}`;
    return { status: 200, type: 'text/xml;charset=utf-8', body };
  }
  const doctype = `<!DOCTYPE ServiceExceptionReport SYSTEM "${request.root}/schemas/wms/1.1.1/WMS_exception_1_1_1.dtd">`;
  const body = `<?xml version="1.0" encoding="UTF-8" standalone="no"?>${doctype} <ServiceExceptionReport version="1.1.1" >   ${inner}`;
  return { status: 200, type: 'application/vnd.ogc.se_xml;charset=utf-8', body };
}
