import { attribute, decodeXml, peekRoot } from '@geosluice/xml';
import { isCsw, isDublinCore, isIso, NS } from './namespaces.ts';

/** What lies beside a raster, told by its root element and not by its name. */
export type SidecarKind = 'metadata' | 'pam' | 'sld' | 'qgis-style' | 'unknown';

/** Bytes looked at: a root element and what is in front of it. */
const HEAD = 256 * 1024;
const LOCALS: ReadonlySet<string> = new Set([
  'metadata',
  'MD_Metadata',
  'MI_Metadata',
  'simpledc',
  'qualifieddc',
  'OAI-PMH',
  'dc',
  'record',
]);

/**
 * Recognises metadata, GDAL's PAM, SLD and QGIS's styles. Never throws: `metadata` says only that somebody meant it to
 * be some; whether it can be read is for readSidecar to say. The first 256 KiB are enough.
 */
export function sniffSidecar(bytes: Uint8Array): SidecarKind {
  let text: string;
  try {
    text = decodeXml(headOf(bytes)).text;
  } catch {
    return 'unknown';
  }
  const root = peekRoot(text);
  if (!root) return 'unknown';
  if (root.local === 'PAMDataset') return 'pam';
  if (root.local === 'StyledLayerDescriptor') return 'sld';
  if (root.local === 'qgis') {
    const style =
      attribute(root, 'styleCategories') !== undefined || /<(pipe|rasterrenderer|renderer-v2)[\s>/]/.test(text);
    return style ? 'qgis-style' : 'metadata';
  }
  const known = isDublinCore(root.namespace) || isCsw(root.namespace) || isIso(root.namespace);
  if (known || root.namespace === NS.rdf || root.namespace === NS.oaiDc || LOCALS.has(root.local)) return 'metadata';
  return /["']https?:\/\/purl\.org\/dc\/(elements\/1\.[01]|terms)\/?["']/.test(text) ? 'metadata' : 'unknown';
}

/** The beginning, not cut inside of a character; a caller may have cut it too. */
function headOf(bytes: Uint8Array): Uint8Array {
  let end = Math.min(bytes.byteLength, HEAD);
  const bigEndian = bytes[0] === 0xfe || bytes[0] === 0;
  if (bigEndian || bytes[0] === 0xff || bytes[1] === 0) {
    end -= end % 2;
    const high = bytes[bigEndian ? end - 2 : end - 1] ?? 0;
    return bytes.subarray(0, high >= 0xd8 && high <= 0xdb ? end - 2 : end);
  }
  // the last character of UTF-8, if it is not ASCII: bytes that continue, then the one that leads
  for (let dropped = 0; dropped < 3 && ((bytes[end - 1] ?? 0) & 0xc0) === 0x80; dropped++) end--;
  return bytes.subarray(0, (bytes[end - 1] ?? 0) >= 0xc0 ? end - 1 : end);
}
