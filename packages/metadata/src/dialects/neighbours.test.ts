import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MetadataError } from '../error.ts';
import { readText } from '../testing.ts';

const cs = (text: string) => `<gco:CharacterString>${text}</gco:CharacterString>`;

const GMD = `<gmd:MD_Metadata xmlns:gmd="http://www.isotc211.org/2005/gmd" xmlns:gco="http://www.isotc211.org/2005/gco" xmlns:gmx="http://www.isotc211.org/2005/gmx" xmlns:gml="http://www.opengis.net/gml" xmlns:xlink="http://www.w3.org/1999/xlink">
  <gmd:fileIdentifier>${cs('id-1')}</gmd:fileIdentifier>
  <gmd:language><gmd:LanguageCode codeListValue="ger"/></gmd:language>
  <gmd:hierarchyLevel><gmd:MD_ScopeCode codeListValue="dataset"/></gmd:hierarchyLevel>
  <gmd:locale><gmd:PT_Locale id="FR"><gmd:languageCode><gmd:LanguageCode codeListValue="fre"/></gmd:languageCode></gmd:PT_Locale></gmd:locale>
  <gmd:referenceSystemInfo><gmd:MD_ReferenceSystem><gmd:referenceSystemIdentifier><gmd:RS_Identifier><gmd:code>${cs('EPSG:25832')}</gmd:code></gmd:RS_Identifier></gmd:referenceSystemIdentifier></gmd:MD_ReferenceSystem></gmd:referenceSystemInfo>
  <gmd:identificationInfo><gmd:MD_DataIdentification>
    <gmd:citation><gmd:CI_Citation>
      <gmd:title>${cs('Wald')}<gmd:PT_FreeText><gmd:textGroup><gmd:LocalisedCharacterString locale="#FR">Forêt</gmd:LocalisedCharacterString></gmd:textGroup></gmd:PT_FreeText></gmd:title>
      <gmd:alternateTitle>${cs('Bäume')}</gmd:alternateTitle>
      <gmd:date><gmd:CI_Date><gmd:date><gco:Date>2019-05</gco:Date></gmd:date><gmd:dateType><gmd:CI_DateTypeCode codeListValue="creation"/></gmd:dateType></gmd:CI_Date></gmd:date>
      <gmd:date><gmd:CI_Date><gmd:date><gco:DateTime>2020-01-02T03:04:05</gco:DateTime></gmd:date><gmd:dateType><gmd:CI_DateTypeCode codeListValue="publication"/></gmd:dateType></gmd:CI_Date></gmd:date>
    </gmd:CI_Citation></gmd:citation>
    <gmd:abstract>${cs('Alle Bäume')}</gmd:abstract>
    <gmd:pointOfContact><gmd:CI_ResponsibleParty><gmd:organisationName>${cs('Amt')}</gmd:organisationName><gmd:role><gmd:CI_RoleCode codeListValue="author"/></gmd:role></gmd:CI_ResponsibleParty></gmd:pointOfContact>
    <gmd:pointOfContact><gmd:CI_ResponsibleParty><gmd:individualName>${cs('Ada')}</gmd:individualName><gmd:role><gmd:CI_RoleCode codeListValue="custodian"/></gmd:role></gmd:CI_ResponsibleParty></gmd:pointOfContact>
    <gmd:descriptiveKeywords><gmd:MD_Keywords><gmd:keyword>${cs('a; b')}</gmd:keyword><gmd:keyword><gmx:Anchor xlink:href="urn:c">c</gmx:Anchor></gmd:keyword></gmd:MD_Keywords></gmd:descriptiveKeywords>
    <gmd:descriptiveKeywords><gmd:MD_Keywords><gmd:keyword>${cs('Eifel')}</gmd:keyword><gmd:type><gmd:MD_KeywordTypeCode codeListValue="place"/></gmd:type></gmd:MD_Keywords></gmd:descriptiveKeywords>
    <gmd:resourceConstraints><gmd:MD_LegalConstraints><gmd:useConstraints><gmd:MD_RestrictionCode codeListValue="license"/></gmd:useConstraints><gmd:otherConstraints><gmx:Anchor xlink:href="https://example.org/l">Frei</gmx:Anchor></gmd:otherConstraints></gmd:MD_LegalConstraints></gmd:resourceConstraints>
    <gmd:topicCategory><gmd:MD_TopicCategoryCode>environment</gmd:MD_TopicCategoryCode></gmd:topicCategory>
    <gmd:extent><gmd:EX_Extent><gmd:temporalElement><gmd:EX_TemporalExtent><gmd:extent><gml:TimePeriod><gml:beginPosition>2018</gml:beginPosition><gml:endPosition indeterminatePosition="now"/></gml:TimePeriod></gmd:extent></gmd:EX_TemporalExtent></gmd:temporalElement></gmd:EX_Extent></gmd:extent>
  </gmd:MD_DataIdentification></gmd:identificationInfo>
  <gmd:dataQualityInfo><gmd:DQ_DataQuality><gmd:lineage><gmd:LI_Lineage><gmd:statement>${cs('gezählt')}</gmd:statement></gmd:LI_Lineage></gmd:lineage></gmd:DQ_DataQuality></gmd:dataQualityInfo>
</gmd:MD_Metadata>`;

describe('ISO', () => {
  it('reads 19139 with translations, roles, dates, keywords, licence, time and lineage', () => {
    const metadata = readText(GMD, { language: 'fr', raster: { wgs84Bbox: [1, 2, 3, 4], srs: 'EPSG:4326' } });
    assert.equal(metadata.dialect, 'iso19139');
    assert.equal(metadata.title, 'Forêt');
    assert.deepEqual(metadata.titles, { ger: 'Wald', fre: 'Forêt' });
    assert.deepEqual(metadata.alternative, ['Bäume']);
    assert.equal(metadata.abstract, 'Alle Bäume');
    assert.deepEqual([metadata.creators, metadata.contributors], [['Amt'], ['Ada']]);
    assert.deepEqual(metadata.keywords, ['a; b', 'c', 'environment']);
    assert.deepEqual(metadata.places, ['Eifel']);
    assert.deepEqual([metadata.license, metadata.rights], ['https://example.org/l', ['Frei']]);
    assert.deepEqual([metadata.created, metadata.issued], ['2019-05', '2020-01-02T03:04:05']);
    assert.equal(metadata.date, '2020-01-02T03:04:05');
    assert.deepEqual(metadata.temporal, ['2018-01-01', null]);
    assert.deepEqual(metadata.sources, ['gezählt']);
    assert.deepEqual(metadata.types, ['dataset']);
    assert.deepEqual(metadata.warnings, ['crs-mismatch:EPSG:25832']);
  });

  it('reads 19115-3 with the same reader', () => {
    const base = 'http://standards.iso.org/iso/19115/-3';
    const metadata =
      readText(`<mdb:MD_Metadata xmlns:mdb="${base}/mdb/2.0" xmlns:mcc="${base}/mcc/1.0" xmlns:mri="${base}/mri/1.0" xmlns:cit="${base}/cit/2.0" xmlns:gex="${base}/gex/1.0" xmlns:gco="${base}/gco/1.0">
      <mdb:metadataIdentifier><mcc:MD_Identifier><mcc:code>${cs('id-3')}</mcc:code></mcc:MD_Identifier></mdb:metadataIdentifier>
      <mdb:identificationInfo><mri:MD_DataIdentification>
        <mri:citation><cit:CI_Citation><cit:title>${cs('T')}</cit:title></cit:CI_Citation></mri:citation>
        <mri:abstract>${cs('A')}</mri:abstract>
        <mri:pointOfContact><cit:CI_Responsibility><cit:role><cit:CI_RoleCode codeListValue="publisher"/></cit:role><cit:party><cit:CI_Organisation><cit:name>${cs('O')}</cit:name></cit:CI_Organisation></cit:party></cit:CI_Responsibility></mri:pointOfContact>
        <mri:extent><gex:EX_Extent><gex:geographicElement><gex:EX_GeographicBoundingBox><gex:westBoundLongitude><gco:Decimal>170</gco:Decimal></gex:westBoundLongitude><gex:eastBoundLongitude><gco:Decimal>-170</gco:Decimal></gex:eastBoundLongitude><gex:southBoundLatitude><gco:Decimal>1</gco:Decimal></gex:southBoundLatitude><gex:northBoundLatitude><gco:Decimal>2</gco:Decimal></gex:northBoundLatitude></gex:EX_GeographicBoundingBox></gex:geographicElement></gex:EX_Extent></mri:extent>
      </mri:MD_DataIdentification></mdb:identificationInfo></mdb:MD_Metadata>`);
    assert.equal(metadata.dialect, 'iso19115-3');
    assert.deepEqual([metadata.title, metadata.abstract, metadata.identifiers], ['T', 'A', ['id-3']]);
    assert.deepEqual(metadata.publishers, ['O']);
    assert.deepEqual([metadata.bbox, metadata.crossesAntimeridian], [[170, 1, -170, 2], true]);
  });
});

describe('FGDC', () => {
  it('reads title, dates, keywords, box and constraints, and leaves out the words for nothing', () => {
    const metadata = readText(`<metadata><idinfo>
      <citation><citeinfo><origin>USGS</origin><origin>Unknown</origin><pubdate>20150704</pubdate><title>Dunes</title><onlink>https://example.org</onlink></citeinfo></citation>
      <descript><abstract>Sand.</abstract></descript>
      <timeperd><timeinfo><rngdates><begdate>2001</begdate><enddate>Present</enddate></rngdates></timeinfo></timeperd>
      <spdom><bounding><westbc>-120.5</westbc><eastbc>-119</eastbc><northbc>40</northbc><southbc>39</southbc></bounding></spdom>
      <keywords><theme><themekt>None</themekt><themekey>dunes</themekey></theme><place><placekey>Nevada</placekey></place></keywords>
      <accconst>None</accconst><useconst>Cite us.</useconst></idinfo></metadata>`);
    assert.equal(metadata.dialect, 'fgdc');
    assert.deepEqual([metadata.title, metadata.abstract, metadata.issued], ['Dunes', 'Sand.', '2015-07-04']);
    assert.deepEqual([metadata.creators, metadata.rights], [['USGS'], ['Cite us.']]);
    assert.deepEqual([metadata.keywords, metadata.places], [['dunes'], ['Nevada']]);
    assert.deepEqual(
      [metadata.temporal, metadata.bbox],
      [
        ['2001-01-01', null],
        [-120.5, 39, -119, 40],
      ],
    );
    assert.deepEqual(metadata.warnings, []);
  });
});

describe('ArcGIS', () => {
  it('reads its own elements, HTML and pictures left out', () => {
    const metadata = readText(`<metadata xml:lang="en"><Esri><CreaDate>20180412</CreaDate></Esri><dataIdInfo>
      <idCitation><resTitle>Scene</resTitle><date><pubDate>2018-04-12T00:00:00</pubDate></date><citRespParty><rpOrgName>Office</rpOrgName><role><RoleCd value="006"/></role></citRespParty></idCitation>
      <idAbs>&lt;DIV STYLE="text-align:Left;"&gt;&lt;P&gt;&lt;SPAN&gt;Aerial &amp;amp; sharp&lt;/SPAN&gt;&lt;/P&gt;&lt;P&gt;Second&lt;/P&gt;&lt;/DIV&gt;</idAbs>
      <searchKeys><keyword>a</keyword><keyword>b; c</keyword></searchKeys><placeKeys><keyword>Bonn</keyword></placeKeys>
      <resConst><Consts><useLimit>&lt;p&gt;Ask&lt;/p&gt;</useLimit></Consts></resConst>
      <dataExt><geoEle><GeoBndBox><westBL>0</westBL><eastBL>1</eastBL><northBL>1</northBL><southBL>0</southBL></GeoBndBox></geoEle></dataExt>
      <dataExt><geoEle><GeoBndBox esriExtentType="search"><westBL>7</westBL><eastBL>8</eastBL><northBL>51</northBL><southBL>50</southBL></GeoBndBox></geoEle></dataExt>
      </dataIdInfo><Binary><Thumbnail><Data EsriPropertyType="PictureX">${'A'.repeat(2_000_000)}</Data></Thumbnail></Binary></metadata>`);
    assert.equal(metadata.dialect, 'esri');
    assert.deepEqual([metadata.title, metadata.abstract], ['Scene', 'Aerial & sharp\n\nSecond']);
    assert.deepEqual([metadata.keywords, metadata.places], [['a', 'b', 'c'], ['Bonn']]);
    assert.deepEqual([metadata.creators, metadata.rights], [['Office'], ['Ask']]);
    assert.deepEqual([metadata.bbox, metadata.issued], [[7, 50, 8, 51], '2018-04-12T00:00:00']);
  });

  it('is told apart from FGDC where one document holds both', () => {
    const fgdc = '<idinfo><citation><citeinfo><title>F</title></citeinfo></citation></idinfo>';
    const own = '<dataIdInfo><idCitation><resTitle>E</resTitle></idCitation></dataIdInfo>';
    assert.equal(readText(`<metadata>${fgdc}<Esri/>${own}</metadata>`).title, 'E');
    assert.equal(readText(`<metadata>${fgdc}<Esri/></metadata>`).title, 'F');
  });
});

describe('QGIS', () => {
  it('reads contacts, links, dates, times, and passes over extents nobody gave', () => {
    const metadata = readText(`<qgis version="3.34"><title>Scene</title>
      <contact><name>Ada</name><organization></organization><role>author</role></contact>
      <links><link url="https://example.org" name="x"/></links><dates><date type="Published" value="2020-01-02"/></dates>
      <extent><spatial minx="0" miny="0" maxx="0" maxy="0" crs=""/><spatial minx="1.7976931348623157e+308" miny="1.7976931348623157e+308" maxx="-1.7976931348623157e+308" maxy="-1.7976931348623157e+308" crs=""/><spatial minx="300000" miny="1" maxx="400000" maxy="2" crs="EPSG:25832"/>
      <temporal><period><start>2020-01-01T00:00:00Z</start><end></end></period></temporal></extent></qgis>`);
    assert.deepEqual(
      [metadata.creators, metadata.relations, metadata.issued],
      [['Ada'], ['https://example.org'], '2020-01-02'],
    );
    assert.deepEqual([metadata.bbox, metadata.temporal], [null, ['2020-01-01T00:00:00Z', null]]);
    assert.deepEqual(metadata.warnings, ['box-projected:EPSG:25832']);
  });

  it('knows a style for a style', () => {
    for (const text of [
      `<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'><qgis styleCategories="AllStyleCategories"/>`,
      '<qgis><pipe/></qgis>',
      '<StyledLayerDescriptor xmlns="http://www.opengis.net/sld"/>',
    ])
      assert.throws(
        () => readText(text),
        (error) => error instanceof MetadataError && error.code === 'not-metadata' && /style/.test(error.message),
      );
  });
});
