import type { CoverageInfo } from './catalog.ts';
import type { NodeRequest } from './context.ts';
import type { Reply } from './reply.ts';
import { escapeXml } from './tree.ts';

const WMS_FORMATS = ['image/png', 'image/png; mode=8bit', 'image/png8', 'image/jpeg', 'image/gif', 'image/geotiff'];
const CODES = ['EPSG:4326', 'EPSG:3857', 'EPSG:900913', 'CRS:84'];

/** The coverages of a scope: all, a workspace's, or one. */
function scoped(request: NodeRequest, scope: readonly string[]): CoverageInfo[] {
  const { catalog } = request.node;
  return catalog
    .list('coverage', scope[0])
    .filter((each) => scope[1] === undefined || each.name === scope[1])
    .filter((each) => each.enabled && catalog.get('store', `${each.workspace}:${each.store}`)?.enabled === true)
    .filter((each) => catalog.get('layer', `${each.workspace}:${each.name}`) !== undefined);
}

/** The document GeoServer writes, with the layers of the scope and the few codes that are drawn here. */
export function wmsCapabilities(request: NodeRequest, version: string, scope: readonly string[]): Reply {
  const old = version.startsWith('1.1');
  const crs = old ? 'SRS' : 'CRS';
  const prefix = scope.map((part) => `/${encodeURIComponent(part)}`).join('');
  const online = `xlink:href="${request.root}${prefix}/ows?SERVICE=WMS&amp;"`;
  const get = `<DCPType><HTTP><Get><OnlineResource xmlns:xlink="http://www.w3.org/1999/xlink" xlink:type="simple" ${online}/></Get></HTTP></DCPType>`;
  const formats = WMS_FORMATS.map((format) => `<Format>${format}</Format>`).join('');
  const layers = scoped(request, scope).map((each) => {
    const { latLonBoundingBox: box, nativeBoundingBox: native } = each;
    const name = scope.length === 0 ? `${each.workspace}:${each.name}` : each.name;
    const bounds = old
      ? `<LatLonBoundingBox minx="${box.minx}" miny="${box.miny}" maxx="${box.maxx}" maxy="${box.maxy}"/>`
      : `<EX_GeographicBoundingBox><westBoundLongitude>${box.minx}</westBoundLongitude><eastBoundLongitude>${box.maxx}</eastBoundLongitude><southBoundLatitude>${box.miny}</southBoundLatitude><northBoundLatitude>${box.maxy}</northBoundLatitude></EX_GeographicBoundingBox>`;
    const keywords = (each.keywords ?? []).map((keyword) => `<Keyword>${escapeXml(keyword)}</Keyword>`).join('');
    return `<Layer queryable="1" opaque="0"><Name>${name}</Name><Title>${escapeXml(each.title ?? each.name)}</Title><Abstract>${escapeXml(each.abstract ?? '')}</Abstract><KeywordList>${keywords}</KeywordList><${crs}>${each.srs}</${crs}>${bounds}<BoundingBox ${crs}="${each.srs}" minx="${native.minx}" miny="${native.miny}" maxx="${native.maxx}" maxy="${native.maxy}"/><Style><Name>raster</Name><Title>Default Raster</Title><Abstract>A sample style that draws a raster</Abstract></Style></Layer>`;
  });
  const codes = CODES.map((code) => `<${crs}>${code}</${crs}>`).join('');
  const root = old
    ? `<WMT_MS_Capabilities version="1.1.1" updateSequence="1">`
    : `<WMS_Capabilities version="1.3.0" updateSequence="1" xmlns="http://www.opengis.net/wms" xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">`;
  const end = old ? '</WMT_MS_Capabilities>' : '</WMS_Capabilities>';
  const body = `<?xml version="1.0" encoding="UTF-8"?>${root}
  <Service><Name>${old ? 'OGC:WMS' : 'WMS'}</Name><Title>My GeoServer WMS</Title><OnlineResource xmlns:xlink="http://www.w3.org/1999/xlink" xlink:type="simple" xlink:href="https://geoserver.org"/></Service>
  <Capability>
    <Request><GetCapabilities><Format>text/xml</Format>${get}</GetCapabilities><GetMap>${formats}${get}</GetMap><GetFeatureInfo><Format>application/json</Format>${get}</GetFeatureInfo></Request>
    <Exception><Format>${old ? 'application/vnd.ogc.se_xml' : 'XML'}</Format></Exception>
    <Layer><Title>My GeoServer WMS</Title>${codes}
${layers.join('\n')}
    </Layer>
  </Capability>
${end}`;
  const type = old ? 'application/vnd.ogc.wms_xml' : 'text/xml;charset=utf-8';
  const headers = {
    'Cache-Control': 'max-age=0, must-revalidate',
    'Content-Disposition': `inline; filename=getcapabilities_${old ? '1.1.1' : '1.3.0'}.xml`,
  };
  return { status: 200, type, body, headers };
}

/** WCS 2.0.1, with the coverages of the scope. */
export function wcsCapabilities(request: NodeRequest, scope: readonly string[]): Reply {
  const summaries = scoped(request, scope).map(
    (each) =>
      `<wcs:CoverageSummary><ows:Title>${escapeXml(each.title ?? each.name)}</ows:Title><wcs:CoverageId>${each.workspace}__${each.name}</wcs:CoverageId><wcs:CoverageSubtype>RectifiedGridCoverage</wcs:CoverageSubtype></wcs:CoverageSummary>`,
  );
  const names =
    'xmlns:wcs="http://www.opengis.net/wcs/2.0" xmlns:ows="http://www.opengis.net/ows/2.0" xmlns:xlink="http://www.w3.org/1999/xlink"';
  const body = `<?xml version="1.0" encoding="UTF-8"?><wcs:Capabilities ${names} version="2.0.1" updateSequence="1"><ows:ServiceIdentification><ows:Title>My GeoServer WCS</ows:Title><ows:ServiceType>urn:ogc:service:wcs</ows:ServiceType><ows:ServiceTypeVersion>2.0.1</ows:ServiceTypeVersion></ows:ServiceIdentification><ows:OperationsMetadata/><wcs:ServiceMetadata><wcs:formatSupported>image/tiff</wcs:formatSupported></wcs:ServiceMetadata><wcs:Contents>${summaries.join('')}</wcs:Contents></wcs:Capabilities>`;
  const headers = {
    'Cache-Control': 'max-age=0, must-revalidate',
    'Content-Disposition': 'inline; filename=geoserver-GetCapabilities.application',
  };
  return { status: 200, type: 'application/xml', body, headers };
}
