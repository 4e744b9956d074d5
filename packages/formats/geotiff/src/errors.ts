import { GeosluiceError, type GeosluiceErrorDetails, type ReasonCode } from '@geosluice/jobs';

/** The file cannot become a layer as it is. The subject names the tag or field; the message says what would be right. */
export class GeoTiffError extends GeosluiceError {
  readonly means = 'reject';
  declare readonly code: ReasonCode;
  constructor(code: ReasonCode, message: string, details: GeosluiceErrorDetails = {}) {
    super(code, message, details);
  }
}
