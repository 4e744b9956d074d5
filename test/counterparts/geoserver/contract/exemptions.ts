/** What of an answer's body is compared. Status, content type and Location always are. */
export type Compared =
  /** All of it: JSON by value, anything else word for word. */
  | 'all'
  /** The deciding words only. */
  | readonly string[];

/**
 * What the replay does not compare word for word, and why. Everywhere left out: host and port, dates, ids of S3
 * requests, Content-Length, the headers Date and Set-Cookie, the tenth and later decimals of a number, and the order of
 * a coverage's read parameters.
 */
export const EXEMPT: Readonly<Record<string, { compared: readonly string[]; why: string }>> = {
  '01-about-version-noaccept': { compared: ['<b>Version</b> : 3.0-SNAPSHOT'], why: 'exact HTML' },
  '34-cov-cog-nosettings': {
    compared: ['Failed to create reader from cog://s3://geodata/rgb_utm.tif and hints Hints:'],
    why: 'a list of Java objects follows the sentence',
  },
  '40-wms-130-caps': {
    compared: ['<WMS_Capabilities version="1.3.0"', '<Title>My GeoServer WMS</Title>'],
    why: 'thousands of CRS; the recording is cut before the layers',
  },
  '40-wms-130-caps-ws': {
    compared: ['<WMS_Capabilities version="1.3.0"', '/geoserver/wsj/ows?SERVICE=WMS&amp;'],
    why: 'as 40-wms-130-caps',
  },
  '42-wcs-201-caps': {
    compared: ['<wcs:Capabilities', '<ows:Title>My GeoServer WCS</ows:Title>'],
    why: 'as 40-wms-130-caps',
  },
  '42-wcs-201-describe': {
    compared: [
      '<wcs:CoverageId>wsj__rgb</wcs:CoverageId>',
      '<gml:lowerCorner>500000.0 5094880.0</gml:lowerCorner>',
      '<gml:upperCorner>505120.0 5100000.0</gml:upperCorner>',
      '<gml:high>511 511</gml:high>',
      '<gml:pos>500005.0 5099995.0</gml:pos>',
      '10.0 0.0</gml:offsetVector>',
      '0.0 -10.0</gml:offsetVector>',
      '<swe:field name="RED_BAND">',
      '<ows:Keyword>S3GeoTiff</ows:Keyword>',
    ],
    why: 'layout of the XML, and constraints nobody reads',
  },
  '42-wcs-201-describe-missing': {
    compared: ['exceptionCode="NoSuchCoverage"', 'Could not find the requested coverage(s): wsj__zzz'],
    why: 'namespace declarations',
  },
  '42-wcs-201-getcoverage': { compared: [], why: 'a TIFF of another writer; its pixels are compared by a test' },
  '41-wms-getmap-rgb': { compared: [], why: 'a PNG of another encoder; its pixels are compared by a test' },
  '41-wms-getmap-rgb-3857': { compared: [], why: 'as 41-wms-getmap-rgb' },
  '41-wms-getmap-cogs3': { compared: [], why: 'as 41-wms-getmap-rgb' },
  '41-wms-getmap-coghttp-xws': { compared: [], why: 'as 41-wms-getmap-rgb' },
  '41-wms-getmap-dem': { compared: [], why: 'as 41-wms-getmap-rgb' },
  '41-wms-getmap-nocrs_geo': { compared: [], why: 'as 41-wms-getmap-rgb' },
  '50-import-file': {
    compared: ['"id":0', '"state":"COMPLETE_ERROR"', '"message":"At least one task failed, look for error details'],
    why: 'the importer takes nothing from S3 and is not used: only what it says of itself is kept',
  },
  '50-import-file-get': { compared: ['"id":0', '"state":"COMPLETE_ERROR"'], why: 'as 50-import-file' },
  '50-import-remote-http': { compared: ['"id":2', '"state":"COMPLETE"'], why: 'as 50-import-file' },
  '50-import-remote-http-get': { compared: ['"id":2', '"state":"COMPLETE"'], why: 'as 50-import-file' },
  '50-import-remote-s3': {
    compared: ['"id":3', '"state":"PENDING"', 'because it is a relative path, and no base URI was provided.'],
    why: 'as 50-import-file',
  },
  '50-import-remote-s3-get': { compared: ['"id":3', '"state":"PENDING"'], why: 'as 50-import-file' },
  '80-style-get-sld': { compared: ['<?xml version="1.0" encoding="UTF-8"?>'], why: 'GeoServer writes the SLD anew' },
};

/** Recorded files that are no exchange: why each is not replayed. */
export const NOT_REPLAYED: Readonly<Record<string, string>> = {
  '60-jms-getmap-nodeB.png': 'the raster it shows was not kept; replication has tests of its own',
};
