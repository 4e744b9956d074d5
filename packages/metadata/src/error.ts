import { GeosluiceError, type GeosluiceErrorDetails } from '@geosluice/jobs';
import type { XmlErrorCode } from '@geosluice/xml';

/** Why a sidecar was refused: what the XML reader refuses, or a document that is XML but no metadata we know. */
export type MetadataErrorCode =
  | XmlErrorCode
  /** Recognised as something else: GDAL's PAM, a style, a virtual raster. */
  | 'not-metadata'
  /** The root element belongs to no dialect we read. */
  | 'unknown-dialect';

/** A sidecar that cannot be read. Its raster goes on without it, unless the rule requires metadata. */
export class MetadataError extends GeosluiceError {
  readonly means = 'reject';
  declare readonly code: MetadataErrorCode;

  /** @param details.subject the name of the sidecar file */
  constructor(code: MetadataErrorCode, message: string, details: GeosluiceErrorDetails & { subject: string }) {
    super(code, message, details);
  }
}
