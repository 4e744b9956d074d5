import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type SidecarKind, sniffSidecar } from './sniff.ts';

const DOCTYPE = `<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>`;

describe('sniffing', () => {
  const cases: Array<[text: string, kind: SidecarKind]> = [
    ['<metadata/>', 'metadata'],
    ['<PAMDataset><SRS/></PAMDataset>', 'pam'],
    ['<?xml version="1.0"?><sld:StyledLayerDescriptor xmlns:sld="http://www.opengis.net/sld">', 'sld'],
    [`${DOCTYPE}<qgis version="3.28"><title>x</title></qgis>`, 'metadata'],
    [`${DOCTYPE}<qgis version="3.28" styleCategories="All"><pipe/></qgis>`, 'qgis-style'],
    [`${DOCTYPE}<qgis version="2.18"><pipe><rasterrenderer/></pipe></qgis>`, 'qgis-style'],
    ['<a:any xmlns:a="urn:x" xmlns:q="http://purl.org/dc/elements/1.1/"><q:title/></a:any>', 'metadata'],
    ['<any><thing xmlns="http://purl.org/dc/terms/"/></any>', 'metadata'],
    ['<m:MD_Metadata xmlns:m="http://www.isotc211.org/2005/gmd"/>', 'metadata'],
    ['<c:Record xmlns:c="http://www.opengis.net/cat/csw/2.0.2"/>', 'metadata'],
    ['<r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#"/>', 'metadata'],
    // meant as metadata although it cannot be read: the reader says why
    ['<!DOCTYPE dc [<!ENTITY a "b">]><dc/>', 'metadata'],
    ['<metadata><title>cut o', 'metadata'],
    ['<VRTDataset rasterXSize="1"/>', 'unknown'],
    ['<kml xmlns="http://www.opengis.net/kml/2.2"/>', 'unknown'],
    ['{"title": "x"}', 'unknown'],
    ['', 'unknown'],
    ['\x1f\x8b\x08', 'unknown'],
  ];
  for (const [text, kind] of cases)
    it(`takes ${JSON.stringify(text.slice(0, 60))} for ${kind}`, () =>
      assert.equal(sniffSidecar(Buffer.from(text, 'latin1')), kind));

  it('reads UTF-16, and a long document by its beginning', () => {
    assert.equal(sniffSidecar(Buffer.from('\ufeff<PAMDataset/>', 'utf16le')), 'pam');
    const long = `\ufeff<metadata><title>${'地'.repeat(400_000)}`;
    assert.equal(sniffSidecar(Buffer.from(long, 'utf16le')), 'metadata');
    assert.equal(sniffSidecar(Buffer.from(long, 'utf8')), 'metadata');
  });
});
