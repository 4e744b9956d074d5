import { writeTiff } from '../../rasters/write-tiff.ts';
import { wcsCapabilities } from './capabilities.ts';
import type { CoverageInfo } from './catalog.ts';
import type { NodeRequest } from './context.ts';
import { codeOf, isGeographic } from './crs.ts';
import { readHeader } from './derive.ts';
import type { Reply } from './reply.ts';
import { escapeXml, javaDouble } from './tree.ts';
import { findLayer, type Published, parameters } from './wms.ts';

/** WCS 2.0.1: capabilities, DescribeCoverage and a GetCoverage of the whole. */
export async function wcs(request: NodeRequest, scope: readonly string[]): Promise<Reply> {
  const parameter = parameters(request.query);
  if (parameter('request').toLowerCase() === 'getcapabilities') return wcsCapabilities(request, scope);
  const id = parameter('coverageid') || parameter('identifiers') || parameter('coverage');
  const found = findLayer(request, id.replace('__', ':'), scope[0]);
  if (found === null) return missing(id);
  if (parameter('request').toLowerCase() === 'describecoverage') return describe(found);
  return getCoverage(request, found);
}

function missing(id: string): Reply {
  const names = 'xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:ows="http://www.opengis.net/ows/2.0"';
  const body = `<?xml version="1.0" encoding="UTF-8"?><ows:ExceptionReport ${names} version="2.0.0">
  <ows:Exception exceptionCode="NoSuchCoverage" locator="coverageId">
    <ows:ExceptionText>Could not find the requested coverage(s): ${escapeXml(id)}</ows:ExceptionText>
  </ows:Exception>
</ows:ExceptionReport>`;
  return { status: 404, type: 'application/xml', body };
}

function describe({ coverage }: Published): Reply {
  const headers = { 'Content-Disposition': 'inline; filename=geoserver-DescribeCoverage.application' };
  return { status: 200, type: 'application/xml', body: description(coverage), headers };
}

function description(coverage: CoverageInfo): string {
  const id = `${coverage.workspace}__${coverage.name}`;
  const srs = `http://www.opengis.net/def/crs/EPSG/0/${codeOf(coverage.srs)}`;
  const geographic = isGeographic(coverage.srs);
  // geographic codes have latitude first
  const pair = (x: number, y: number) => (geographic ? [y, x] : [x, y]).map((value) => javaDouble(value)).join(' ');
  const { nativeBoundingBox: box, grid } = coverage;
  const fields = (coverage.bands ?? []).map(
    (band) =>
      `<swe:field name="${escapeXml(band.name)}"><swe:Quantity><swe:description>${escapeXml(band.name)}</swe:description><swe:uom code="${band.unit ?? 'W.m-2.Sr-1'}"/></swe:Quantity></swe:field>`,
  );
  const keywords = (coverage.keywords ?? []).map((each) => `<ows:Keyword>${escapeXml(each)}</ows:Keyword>`);
  const names =
    'xmlns:wcs="http://www.opengis.net/wcs/2.0" xmlns:ows="http://www.opengis.net/ows/2.0" xmlns:gml="http://www.opengis.net/gml/3.2" xmlns:gmlcov="http://www.opengis.net/gmlcov/1.0" xmlns:swe="http://www.opengis.net/swe/2.0"';
  return `<?xml version="1.0" encoding="UTF-8"?><wcs:CoverageDescriptions ${names}>
  <wcs:CoverageDescription gml:id="${id}">
    <gml:description>${escapeXml(coverage.description ?? '')}</gml:description>
    <gml:name>${escapeXml(coverage.title ?? coverage.name)}</gml:name>
    <gml:boundedBy>
      <gml:Envelope srsName="${srs}" axisLabels="${geographic ? 'Lat Long' : 'E N'}" uomLabels="${geographic ? 'Deg Deg' : 'm m'}" srsDimension="2">
        <gml:lowerCorner>${pair(box.minx, box.miny)}</gml:lowerCorner>
        <gml:upperCorner>${pair(box.maxx, box.maxy)}</gml:upperCorner>
      </gml:Envelope>
    </gml:boundedBy>
    <wcs:CoverageId>${id}</wcs:CoverageId>
    <gmlcov:metadata><gmlcov:Extension><ows:Keywords>${keywords.join('')}</ows:Keywords></gmlcov:Extension></gmlcov:metadata>
    <gml:domainSet>
      <gml:RectifiedGrid gml:id="grid00__${id}" dimension="2">
        <gml:limits><gml:GridEnvelope><gml:low>0 0</gml:low><gml:high>${grid.width - 1} ${grid.height - 1}</gml:high></gml:GridEnvelope></gml:limits>
        <gml:axisLabels>i j</gml:axisLabels>
        <gml:origin><gml:Point gml:id="p00_${id}" srsName="${srs}"><gml:pos>${pair(grid.translateX, grid.translateY)}</gml:pos></gml:Point></gml:origin>
        <gml:offsetVector srsName="${srs}">${pair(grid.scaleX, grid.shearY)}</gml:offsetVector>
        <gml:offsetVector srsName="${srs}">${pair(grid.shearX, grid.scaleY)}</gml:offsetVector>
      </gml:RectifiedGrid>
    </gml:domainSet>
    <gmlcov:rangeType><swe:DataRecord>${fields.join('')}</swe:DataRecord></gmlcov:rangeType>
    <wcs:ServiceParameters><wcs:CoverageSubtype>RectifiedGridCoverage</wcs:CoverageSubtype><wcs:nativeFormat>image/tiff</wcs:nativeFormat></wcs:ServiceParameters>
  </wcs:CoverageDescription>
</wcs:CoverageDescriptions>`;
}

async function getCoverage(request: NodeRequest, { store, coverage }: Published): Promise<Reply> {
  const { tiff, geotransform } = await readHeader(request.node.sources, store);
  // enough for what tests ask; a coverage of gigabytes is not what a stand-in is for
  const [width, height] = [Math.min(tiff.width, 4096), Math.min(tiff.height, 4096)];
  const pixels = await tiff.read({ x: 0, y: 0, width, height });
  const bits = ([8, 16, 32, 64] as const).find((each) => each === tiff.bits) ?? 64;
  const body = writeTiff({
    width,
    height,
    bands: tiff.bands,
    bits,
    sampleFormat: tiff.sampleFormat,
    photometric: tiff.photometric,
    compression: 'none',
    matrix: geotransform,
    ...(tiff.epsg === null ? {} : { epsg: tiff.epsg }),
    ...(tiff.nodata === null ? {} : { nodata: tiff.nodata }),
    pixel: (x, y, band) => pixels.bands[band]?.[y * width + x] ?? 0,
  });
  const headers = { 'Content-Disposition': `inline; filename=${coverage.workspace}__${coverage.name}.tif` };
  return { status: 200, type: 'image/tiff', body, headers };
}
