import { deflateRawSync, inflateRawSync } from 'node:zlib';

/**
 * What the documents of entries are full of, the most frequent last. It is part of how they lie in Redis: a change of it needs a
 * mark of its own.
 */
const DICTIONARY = Buffer.from(
  [
    '"warnings":[],"code":"message":"versionId":"checksum":{"algorithm":"crc32","value":"type":"full"',
    '"pk":"uuid":"url":"http://https:///datasets/"style":{"name":"workspace":"raster"},"style":null',
    '"COG"cog://s3://"storeType":"cog","int""float"64,"lzw""none""jpeg""zstd":5,:1,:7,:50000,512,1024,',
    '{"bucket":"key":"rasters/d.tif","size":"etag":"checksum":null,"owned":true}',
    '{"workspace":"geosluice","store":"name":"storeType":"s3geotiff","srs":"EPSG:4326","nativeBbox":[],"wgs84Bbox":[],',
    '"wms":"http://geoserver/geoserver/geosluice//wms","style":null}',
    '{"format":"geotiff","size":"bigTiff":false,"littleEndian":true,"width":256,"height":256,"bands":1,"sampleFormat":"uint",',
    '"bitsPerSample":8,"nodata":null,"compression":{"code":8,"name":"deflate"},"photometric":1,"tiled":true,"blockWidth":256,',
    '"blockHeight":256,"overviews":[],"cog":false,"srs":"EPSG:32632","srsDeclared":false,"geotransform":[0,10,0,0,0,-10],',
    '"pixelIsPoint":false,"nativeBbox":[0000],"wgs84Bbox":[0000],"probeBbox":null,"warnings":[]}',
  ].join(''),
);
/** No JSON begins with it. */
const MARK = '~1';
/** Shorter texts stay as they are. */
const LEAST = 100;

/** Makes a document small: of a million entries, those of facts, object and layer are most of what Redis holds. */
export function pack(json: string): string {
  if (json.length < LEAST) return json;
  return MARK + deflateRawSync(json, { dictionary: DICTIONARY }).toString('base64');
}

/** @returns the document of a text that `pack` gave, or of one that lies there as it is */
export function unpack(text: string): unknown {
  if (!text.startsWith(MARK)) return JSON.parse(text);
  const packed = Buffer.from(text.slice(MARK.length), 'base64');
  return JSON.parse(inflateRawSync(packed, { dictionary: DICTIONARY }).toString());
}
