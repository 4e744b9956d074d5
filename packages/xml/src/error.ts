import { GeosluiceError, type GeosluiceErrorDetails } from '@geosluice/jobs';

/** Why a document was refused. Stable: callers decide by these. */
export type XmlErrorCode =
  /** More bytes than allowed. */
  | 'too-large'
  /** Elements nested deeper than allowed. */
  | 'too-deep'
  /** More elements, attributes and texts than allowed. */
  | 'too-many-nodes'
  /** A document type declaration, which could define entities or name files to fetch. */
  | 'doctype-not-allowed'
  /** A reference to an entity other than the five of XML itself. */
  | 'entity-not-allowed'
  /** The bytes are not text: compressed, an image, or in an encoding that is not known. */
  | 'bad-encoding'
  | 'not-well-formed'
  /** A prefix without a declaration, or a declaration that Namespaces in XML forbids. */
  | 'bad-namespace';

/** A document that cannot be read as it is. Trying again does not help: it means reject. */
export class XmlError extends GeosluiceError {
  readonly means = 'reject';
  declare readonly code: XmlErrorCode;

  constructor(code: XmlErrorCode, message: string, details: GeosluiceErrorDetails = {}) {
    super(code, message, details);
  }
}
