/**
 * Every reason a dataset can be on the dead-letter list, with what a person can do about it.
 * Codes are stable: dashboards, scripts and docs/reason-codes.md rely on them.
 */
export const REASONS = {
  // the file
  EMPTY_FILE: 'The file has no bytes. Upload it again.',
  NOT_A_TIFF: 'The file is not a TIFF. Remove it from the prefix, or give it another extension.',
  MALFORMED_TIFF: 'The TIFF header is damaged or contradicts itself. Write the file again, e.g. with gdal_translate.',
  TRUNCATED: 'Tiles or strips reach past the end of the file. Upload the whole file again.',
  TOO_COMPLEX:
    'The header needs more reads, directories or bytes than the bounds allow. Write the file again, e.g. with gdal_translate.',
  UNSUPPORTED_COMPRESSION:
    'GeoServer cannot read this compression. Convert it, e.g. with gdal_translate -co COMPRESS=DEFLATE.',
  UNSUPPORTED_SAMPLES: 'GeoServer cannot read this sample type. Convert it, e.g. with gdal_translate -ot Float32.',
  // georeference
  NO_CRS: 'The file is georeferenced but names no coordinate reference system. Give one with the option srs.',
  NO_GEOREFERENCE: 'The file has no georeference. Georeference it, e.g. with gdal_translate -a_ullr -a_srs.',
  GEOREF_OUTSIDE:
    'The georeference is in a file beside the raster, which GeoServer does not see on S3. Write it into the TIFF with gdal_translate.',
  CRS_WITHOUT_CODE:
    'The coordinate reference system matches no EPSG code. Give one with the option srs, or reproject the file.',
  CRS_UNKNOWN: 'The EPSG code is not known. Give a known one with the option srs.',
  BBOX_IMPLAUSIBLE:
    'The bounds lie outside of what the coordinate reference system can hold. Check the georeference and the srs.',
  // metadata
  METADATA_MISSING: 'The rule requires a sidecar and none arrived in time. Add it and retry, or relax the rule.',
  METADATA_INVALID: 'The rule requires a readable sidecar and this one cannot be read. Mend it and retry.',
  CHECKSUM_MISMATCH: 'The file does not match the checksum that came with it. Upload it again.',
  // source
  SOURCE_GONE: 'The file is no longer where it was found. Put it back, or remove the dataset.',
  SOURCE_FORBIDDEN: 'The source refuses to be read. Grant read access and retry.',
  SOURCE_NOT_ALLOWED: 'The source is not on the list of allowed buckets, hosts and roots. Add it to the configuration.',
  SOURCE_ARCHIVED: 'The object lies in an archive tier. Restore it and retry.',
  SOURCE_TOO_LARGE: 'The file is larger than the configured limit.',
  SOURCE_UNREADABLE: 'The source answers in a way that cannot be read. See the message.',
  // names
  NAME_TAKEN: 'Another dataset or a person owns this layer name in the workspace. Choose another name or workspace.',
  INVALID_OPTIONS: 'An option has no valid value. Correct it and retry.',
  // rules
  CONTENT_CHANGED:
    'The rule allows no other content in a file that is published. Bring it under another name, or retry to replace the layer.',
  // counterparts
  STORE_REFUSED: 'The object store refuses the upload for good. See the message.',
  GEOSERVER_REFUSED: 'GeoServer refuses the layer for good. See the message.',
  GEONODE_REFUSED: 'GeoNode refuses the dataset for good. See the message.',
  // delivery
  RETRIES_EXHAUSTED: 'All attempts failed. See the last error; retry once its cause is mended.',
  WORKER_CRASHED: 'Workers died again and again while they worked on this dataset. Inspect the file before you retry.',
  JOB_INVALID: 'The job is not one this version understands. Retry starts the dataset again at inspect.',
} as const;

export type ReasonCode = keyof typeof REASONS;

export function isReasonCode(code: string): code is ReasonCode {
  return Object.hasOwn(REASONS, code);
}
